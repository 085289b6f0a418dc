-- How many people paid for the first time on each day? Summed up to a day: how many people had ever paid.
select
    date,
    count(distinct buyer) as buyers
from daily_buyers
where previous_date is null
group by date
order by date
