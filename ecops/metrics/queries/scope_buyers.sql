-- How many different people paid in a part of the shop in a period, and how many of them had paid there in the look-back
-- time before it? `buyers` is the faster way to the same answer for the whole shop.
with period_buyers as (
    select {by} buyer
    from daily_buyers
    where date between $start and $end and list_contains($days, date)
    group by all
),

people as (
    select distinct buyer
    from period_buyers
),

earlier as (
    select buyer
    from people
    where buyer in (select buyer from daily_buyers where date >= $since and date < $start)
)

select
    {by}
    count(distinct b.buyer) as buyers,
    count(distinct e.buyer) as returning_buyers
from period_buyers as b
left join earlier as e on e.buyer = b.buyer
group by all
