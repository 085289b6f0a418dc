-- How many people bought on a platform in a span, and how many of them had bought within the year before?
with people as (
    select buyer, bool_or(previous_date >= $since and previous_date < $start) as returned
    from daily_buyers
    where platform = $platform and date between $start and $end
    group by buyer
)

select count(*) as buyers, count(case when returned then 1 end) as returning_buyers
from people
