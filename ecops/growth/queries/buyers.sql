-- How many different people paid in a period, and how many of them had paid in the look-back time before it?
with period_buyers as (
    select {by} buyer_id
    from daily_buyers
    where date between $start and $end and list_contains($days, date)
    group by all
),

people as (
    select distinct buyer_id
    from period_buyers
),

earlier as (
    select buyer_id
    from people
    where buyer_id in (select buyer_id from daily_buyers where date >= $since and date < $start)
)

select
    {by}
    count(distinct b.buyer_id) as buyers,
    count(distinct e.buyer_id) as returning_buyers
from period_buyers as b
left join earlier as e on e.buyer_id = b.buyer_id
group by all
