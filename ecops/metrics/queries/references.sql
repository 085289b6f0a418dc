-- Which reference values were brought in, newest last?
select metric, value, coalesce(population, '') as population, coalesce(statistic, '') as statistic, cast(date as date) as date, source
from benchmarks
where value is not null and (date is null or cast(date as date) <= $until)
order by date nulls first, metric, population, statistic
