-- How many paid units carry no product code, and how many lines are there at all?
select
    cast(sum(case when sku = '' then coalesce(quantity, 0) else 0 end) as double) as unnamed,
    cast(sum(coalesce(quantity, 0)) as double) as units,
    min(cast(paid_at as date)) as first_day,
    max(cast(paid_at as date)) as last_day
from sold_lines
where paid_at is not null
