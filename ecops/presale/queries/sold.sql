-- How many units of the products of presales were paid on each day, and how many of them were given back in full?
select
    cast(paid_at as date) as date,
    sku,
    cast(sum(greatest(coalesce(quantity, 0), 0)) as double) as units,
    cast(sum(case
        when status in ('refunded', 'closed') or coalesce(refund_amount, 0) >= 0.99 * paid_amount
            then greatest(coalesce(quantity, 0), 0)
        else 0
    end) as double) as refunded
from sold_lines
where paid_at is not null and cast(paid_at as date) <= cast($until as date) and coalesce(paid_amount, 0) > 0
    and sku in (select sku from presale_deposits)
group by cast(paid_at as date), sku
order by date, sku
