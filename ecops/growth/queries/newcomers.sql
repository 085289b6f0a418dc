-- How many people had ever paid before each of two periods, and how many paid for the first time in each? For the whole
-- shop the daily roll-up of first payments knows it; `scope_newcomers` asks the buyers themselves where rows are left out.
select
    sum(case when date < $start then buyers else 0 end) as known_after,
    sum(case when date between $start and $end then buyers else 0 end) as first_after,
    sum(case when date < $other_start then buyers else 0 end) as known_before,
    sum(case when date between $other_start and $other_end then buyers else 0 end) as first_before
from daily_newcomers
where date <= $end
