-- How much is there to make an order book of, and how much of it cannot be used?
-- Money is what was paid on lines above zero; `credits` are lines that take money back.
select
    count(*) as lines,
    count(*) - count(paid_at) as never_paid_lines,
    count(*) filter (where paid_at is not null and paid_amount is null) as amountless_lines,
    count(*) filter (where paid_at is not null and paid_amount is not null and coalesce(buyer_id, '') = '') as nameless_lines,
    coalesce(sum(paid_amount) filter (where paid_at is not null and paid_amount > 0), 0) as money,
    coalesce(sum(paid_amount) filter (
        where paid_at is not null and paid_amount > 0 and coalesce(buyer_id, '') = ''
    ), 0) as nameless_money,
    count(*) filter (where paid_at is not null and paid_amount < 0) as credits,
    count(*) filter (where paid_at >= $after) as future_lines,
    count(*) filter (where len($dropped) > 0 and list_contains($dropped, lower(sku))) as dropped_lines,
    coalesce(sum(paid_amount) filter (where len($dropped) > 0 and list_contains($dropped, lower(sku))), 0) as dropped_money,
    cast(min(paid_at) filter (where paid_at < $after and paid_amount is not null) as date) as first_day,
    cast(max(paid_at) filter (where paid_at < $after and paid_amount is not null) as date) as last_day
from sold_lines
