-- How many different people paid on each day?
select
    {by} date, platform, shop,
    count(distinct buyer) as buyers
from daily_buyers
where date between $start and $end or date between $other_start and $other_end
group by all
