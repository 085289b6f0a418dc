-- Which products stand in which order? Only products of at least $least orders; each once an order; with the money of the
-- whole order, by which the dearest orders are found.
with lines as (
    select
        platform, shop, order_id,
        case when $by = 'category' then category else sku end as product,
        paid_amount
    from sold_lines
    where paid_at is not null
        and paid_amount > 0
        and cast(paid_at as date) between $start and $end
        and (len($dropped) = 0 or not list_contains($dropped, lower(sku)))
),

orders as (
    select
        platform, shop, order_id,
        sum(paid_amount) as money,
        row_number() over (order by platform, shop, order_id) as basket
    from lines
    group by platform, shop, order_id
),

items as (
    select distinct o.basket, o.money, l.product
    from lines as l
    inner join orders as o
        on o.platform = l.platform and o.shop = l.shop and o.order_id = l.order_id
    where l.product <> ''
),

frequent as (
    select product
    from items
    group by product
    having count(*) >= $least
)

select
    cast(i.basket - 1 as bigint) as basket,
    cast(i.money as double) as money,
    i.product,
    (select count(*) from orders) as baskets
from items as i
inner join frequent as f on f.product = i.product
order by i.basket, i.product
