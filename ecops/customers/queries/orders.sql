-- Which orders did each buyer place, and what is each worth? One row an order with money above zero; `back` is what
-- came back of the same order. Rows are packed by buyer and day.
with orders as (
    select
        platform, shop, order_id,
        max(buyer_id) as buyer_id,
        min(cast(paid_at as date)) as day,
        sum(case when paid_amount > 0 then paid_amount else 0 end) as gross,
        sum(case when paid_amount < 0 then -paid_amount else coalesce(refund_amount, 0) end) as back
    from sales_lines
    where paid_at is not null
        and paid_amount <> 0
        and buyer_id <> ''
        and cast(paid_at as date) <= $until
        and not list_contains($dropped, lower(sku))
    group by platform, shop, order_id
)

select
    buyer_id,
    cast(date_diff('day', date '1970-01-01', day) as integer) as day,
    cast(gross as double) as gross,
    cast(back as double) as back,
    cast(0 as double) as matched
from orders
order by buyer_id, day, gross, back
