-- How many different people paid in a period, and how many of them had paid in the look-back time before it?
-- Only where the whole shop is asked: `previous_date` knows every payment. `scope_buyers` asks a part of the shop,
-- `split_buyers` several parts at once.
with people as (
    select
        buyer,
        bool_or(previous_date >= $since and previous_date < $start) as returned
    from daily_buyers
    where date between $start and $end
    group by buyer
    having bool_or(list_contains($days, date))
)

select
    count(*) as buyers,
    count(case when returned then 1 end) as returning_buyers
from people
