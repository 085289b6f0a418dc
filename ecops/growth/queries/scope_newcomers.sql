-- How many people had ever paid before each of two periods, and how many paid for the first time in each?
with first_days as (
    select buyer, min(date) as first_day
    from daily_buyers
    where date <= $end
    group by buyer
)

select
    sum(case when first_day < $start then 1 else 0 end) as known_after,
    sum(case when first_day between $start and $end then 1 else 0 end) as first_after,
    sum(case when first_day < $other_start then 1 else 0 end) as known_before,
    sum(case when first_day between $other_start and $other_end then 1 else 0 end) as first_before
from first_days
