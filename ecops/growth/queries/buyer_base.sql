-- How many people had ever paid before a period, and how many paid for the first time in it?
with first_days as (
    select buyer_id, min(date) as first_day
    from daily_buyers
    where date <= $end
    group by buyer_id
)

select
    sum(case when first_day < $start then 1 else 0 end) as known_buyers,
    sum(case when first_day >= $start and list_contains($days, first_day) then 1 else 0 end) as first_buyers
from first_days
