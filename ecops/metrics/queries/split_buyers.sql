-- The same as `buyers` for each part of the whole shop. Somebody returns who had paid anywhere in the shop.
with people as (
    select
        {by} buyer,
        bool_or(list_contains($days, date)) as bought,
        bool_or(previous_date >= $since and previous_date < $start) as returned
    from daily_buyers
    where date between $start and $end
    group by all
),

returned as (
    select distinct buyer
    from people
    where returned
)

select
    {by}
    count(*) as buyers,
    count(r.buyer) as returning_buyers
from people as p
left join returned as r on r.buyer = p.buyer
where p.bought
group by all
