-- How many different people paid in a period, and how many of them had paid in the look-back time before it?
-- Only where the whole shop is asked: `previous_date` knows every payment. `scope_buyers` asks a part of the shop.
with returned as (
    select distinct buyer
    from daily_buyers
    where date between $start and $end and previous_date >= $since and previous_date < $start
)

select
    {by}
    count(distinct b.buyer) as buyers,
    count(distinct r.buyer) as returning_buyers
from daily_buyers as b
left join returned as r on r.buyer = b.buyer
where b.date between $start and $end and list_contains($days, b.date)
group by all
