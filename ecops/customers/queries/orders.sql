-- Which orders did each buyer place, and what is each worth? One row an order with money, in no order; `back` is what came
-- back of the same order. Grouping by the buyer, too, costs less than picking one; platform and shop, of which there are
-- few, are told apart by one number.
with orders as (
    select
        buyer_id, order_id,
        min(paid_at) as paid_at,
        sum(greatest(paid_amount, 0)) as gross,
        sum(case when paid_amount < 0 then -paid_amount else coalesce(refund_amount, 0) end) as back
    from sales_lines
    where paid_amount <> 0
        and buyer_id <> ''
        and paid_at < $after
        and (len($dropped) = 0 or not list_contains($dropped, lower(sku)))
    group by buyer_id, order_id, hash(platform, shop)
)

select
    buyer_id,
    cast(date_diff('day', date '1970-01-01', cast(paid_at as date)) as integer) as day,
    cast(gross as double) as gross,
    cast(back as double) as back,
    cast(0 as double) as matched
from orders
