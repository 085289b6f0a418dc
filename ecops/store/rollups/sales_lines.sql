-- What was sold: one row a line, and one row an order for orders of which no lines are known.
-- Where an order is in both tables its lines carry the money; the order only fills what the lines do not say.
-- A refund takes back a sale: where the amount of a line is not known its refund does not count either.
-- Some reports do not name the shop: then the number alone tells the order, where no other order has it.
-- An order that an ERP exports and its platform too counts once: the platform's lines lead, the ERP's only give their
-- cost. Of an order that the platform exports without its products the ERP's lines carry the money.
-- Where no line says what its goods cost, the cost history does by the day of sale, else the product table.
with erp_lines as (
    select order_id, coalesce(sku, '') as sku, quantity, cost
    from order_lines
    where recorded_by = 'erp' and order_id is not null
),

led as (
    select distinct l.order_id
    from order_lines as l
    where coalesce(l.recorded_by, '') <> 'erp' and l.order_id in (select e.order_id from erp_lines as e)
),

erp_costs as (
    select order_id, sku, sum(cost) / nullif(sum(quantity), 0) as unit_cost
    from erp_lines
    where cost is not null and sku <> ''
    group by order_id, sku
),

product_costs as (
    select sku, max(cost) as unit_cost
    from products
    where cost is not null and sku <> ''
    group by sku
),

costs_from as (
    select sku, valid_from, max(cost) as unit_cost
    from cost_history
    where cost is not null and sku <> ''
    group by sku, valid_from
),

costs_between as (
    select
        sku, unit_cost, valid_from,
        lead(valid_from) over (partition by sku order by valid_from) as valid_until
    from costs_from
),

repeated as (
    select coalesce(platform, '') as platform, coalesce(order_id, '') as order_id
    from orders
    group by coalesce(platform, ''), coalesce(order_id, '')
    having count(*) > 1
),

numbered_orders as (
    select o.*, r.order_id is null as alone
    from orders as o
    left join repeated as r
        on r.platform = coalesce(o.platform, '')
        and r.order_id = coalesce(o.order_id, '')
)

select
    coalesce(l.platform, '') as platform,
    coalesce(nullif(l.shop, ''), o.shop, '') as shop,
    coalesce(l.order_id, '') as order_id,
    coalesce(l.line_id, '') as line_id,
    coalesce(l.buyer_id, o.buyer_id) as buyer_id,
    coalesce(l.ordered_at, o.ordered_at) as ordered_at,
    coalesce(l.paid_at, o.paid_at) as paid_at,
    coalesce(l.status, o.status, '') as status,
    coalesce(l.sku, '') as sku,
    coalesce(l.item_id, '') as item_id,
    coalesce(l.title, '') as title,
    coalesce(l.category, '') as category,
    l.quantity,
    l.paid_amount,
    case when l.paid_amount is not null then l.refund_amount end as refund_amount,
    l.discount,
    l.freight,
    coalesce(
        l.cost,
        l.quantity * e.unit_cost,
        case when l.paid_amount > 0 then l.quantity * coalesce(h.unit_cost, p.unit_cost) end
    ) as cost,
    coalesce(l.channel, o.channel, '') as channel,
    coalesce(l.device, o.device, '') as device,
    coalesce(l.province, o.province, '') as province
from order_lines as l
left join numbered_orders as o
    on coalesce(o.platform, '') = coalesce(l.platform, '')
    and coalesce(o.order_id, '') = coalesce(l.order_id, '')
    and (
        coalesce(o.shop, '') = coalesce(l.shop, '')
        or (o.alone and (coalesce(o.shop, '') = '' or coalesce(l.shop, '') = ''))
    )
left join erp_costs as e on e.order_id = l.order_id and e.sku = coalesce(l.sku, '')
left join product_costs as p on p.sku = coalesce(l.sku, '')
left join costs_between as h
    on h.sku = coalesce(l.sku, '')
    and cast(coalesce(l.paid_at, o.paid_at, l.ordered_at) as date) >= h.valid_from
    and (h.valid_until is null or cast(coalesce(l.paid_at, o.paid_at, l.ordered_at) as date) < h.valid_until)
where not (coalesce(l.recorded_by, '') = 'erp' and coalesce(l.order_id, '') in (select d.order_id from led as d))
union all
select
    coalesce(o.platform, '') as platform,
    coalesce(o.shop, '') as shop,
    coalesce(o.order_id, '') as order_id,
    '' as line_id,
    o.buyer_id,
    o.ordered_at,
    o.paid_at,
    coalesce(o.status, '') as status,
    '' as sku,
    '' as item_id,
    '' as title,
    '' as category,
    o.quantity,
    o.paid_amount,
    case when o.paid_amount is not null then o.refund_amount end as refund_amount,
    o.discount,
    o.freight,
    o.cost,
    coalesce(o.channel, '') as channel,
    coalesce(o.device, '') as device,
    coalesce(o.province, '') as province
from numbered_orders as o
where not exists (
    select 1 from order_lines as l
    where coalesce(l.platform, '') = coalesce(o.platform, '')
        and coalesce(l.order_id, '') = coalesce(o.order_id, '')
        and (
            coalesce(l.shop, '') = coalesce(o.shop, '')
            or (o.alone and (coalesce(o.shop, '') = '' or coalesce(l.shop, '') = ''))
        )
)
    and coalesce(o.order_id, '') not in (select e.order_id from erp_lines as e)
