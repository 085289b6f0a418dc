-- Which experiments have totals, in which arms, on which days?
select coalesce(experiment, '') as experiment, variant, max(date) as last_day, sum(users) as people,
    max(case when conversions is null then 0 else 1 end) as has_conversion
from experiment_totals
group by coalesce(experiment, ''), variant
