-- How does each buyer buy: how often with a discount, and how dear are the things she buys?
with orders as (
    select
        buyer_id, platform, shop, order_id,
        max(case when discount > 0 then 1 else 0 end) as cheaper,
        sum(paid_amount) as money,
        sum(quantity) as units
    from sold_lines
    where paid_at is not null and paid_amount > 0 and buyer_id <> '' and paid_at < $after
    group by buyer_id, platform, shop, order_id
)

select
    buyer_id,
    count(*) as orders,
    cast(sum(cheaper) as double) as discounted,
    cast(sum(money) as double) as money,
    cast(sum(units) as double) as units
from orders
group by buyer_id
order by buyer_id
