-- What was spent on each channel in these days?
select coalesce(nullif(channel, ''), tool, '') as channel, sum(cost) as cost
from ad_rows
where date between $start and $end
group by coalesce(nullif(channel, ''), tool, '')
order by channel
