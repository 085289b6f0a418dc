-- Which orders did each buyer place, and what is each worth? One row an order with money, in no order; `back` is what came
-- back of the same order. Grouping by the buyer, too, costs less than picking one; her orders are told apart by one
-- number each (64 bits), which takes half the memory of their texts.
with orders as (
    select
        buyer_id,
        min(paid_at) as paid_at,
        sum(greatest(paid_amount, 0)) as gross,
        sum(case when paid_amount < 0 then -paid_amount else coalesce(refund_amount, 0) end) as back
    from sold_lines
    where paid_amount <> 0
        and buyer_id <> ''
        and paid_at < $after
        and (len($dropped) = 0 or not list_contains($dropped, lower(sku)))
    group by buyer_id, hash(platform, shop, order_id)
)

select
    buyer_id,
    cast(date_diff('day', date '1970-01-01', cast(paid_at as date)) as integer) as day,
    cast(gross as double) as gross,
    cast(back as double) as back
from orders
