-- Every reference value that was uploaded, the newest first.
select metric, cast(value as double) as value, population, statistic, date, source
from benchmarks
order by date desc nulls last, metric, population, statistic
