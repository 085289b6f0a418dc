-- What share of the paid units of each product was given back before it was shipped, where days of shipping are known?
with paid as (
    select
        coalesce(lines.platform, '') as platform,
        lines.sku,
        greatest(coalesce(lines.quantity, 0), 0) as units,
        coalesce(lines.shipped_at, orders.shipped_at) as shipped_at,
        coalesce(lines.status, orders.status, '') as status,
        coalesce(lines.refund_amount >= 0.99 * lines.paid_amount and lines.paid_amount > 0, false) as returned
    from order_lines as lines
    left join (
        select platform, order_id, min(paid_at) as paid_at, min(shipped_at) as shipped_at, min(status) as status
        from orders
        where order_id is not null and order_id <> ''
        group by platform, order_id
    ) as orders on orders.platform = lines.platform and orders.order_id = lines.order_id
    where cast(coalesce(lines.paid_at, orders.paid_at) as date)
        between cast($start as date) and cast($until as date)
)

select
    sku,
    cast(sum(units) as double) as units,
    cast(sum(case
        when shipped_at is null and (returned or status in ('closed', 'refunded')) then units else 0
    end) as double) as cancelled
from paid
where sku in (select sku from presale_deposits)
    and platform in (select platform from paid where shipped_at is not null)
group by sku
order by sku
