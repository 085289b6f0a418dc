-- Which experiments have people, in which arms, on which days?
select coalesce(experiment, '') as experiment, variant, cast(max(exposed_at) as date) as last_day, count(*) as people,
    max(case when converted is null then 0 else 1 end) as has_conversion
from experiment_units
group by coalesce(experiment, ''), variant
