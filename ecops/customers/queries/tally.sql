-- How much is there to make an order book of, and how much of it cannot be used?
-- Money is what was paid on lines above zero; `credits` are lines that take money back.
select
    count(*) as lines,
    count(*) filter (where paid_at is null or paid_amount is null) as unpaid_lines,
    count(*) filter (where paid_at is not null and coalesce(buyer_id, '') = '' and paid_amount is not null) as nameless_lines,
    coalesce(sum(paid_amount) filter (where paid_at is not null and paid_amount > 0), 0) as money,
    coalesce(sum(paid_amount) filter (
        where paid_at is not null and coalesce(buyer_id, '') = '' and paid_amount > 0
    ), 0) as nameless_money,
    count(*) filter (where paid_at is not null and paid_amount < 0) as credits,
    count(*) filter (where cast(paid_at as date) > $until) as future_lines,
    count(*) filter (where list_contains($dropped, lower(sku))) as dropped_lines,
    coalesce(sum(paid_amount) filter (where list_contains($dropped, lower(sku))), 0) as dropped_money,
    min(cast(paid_at as date)) filter (where cast(paid_at as date) <= $until and paid_amount is not null) as first_day,
    max(cast(paid_at as date)) filter (where cast(paid_at as date) <= $until and paid_amount is not null) as last_day
from sales_lines
