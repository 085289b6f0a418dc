-- How many people paid for the first time ever on each day, in a part of the shop?
with first_days as (
    select buyer, min(date) as date
    from daily_buyers
    group by buyer
)

select
    date,
    count(*) as buyers
from first_days
group by date
