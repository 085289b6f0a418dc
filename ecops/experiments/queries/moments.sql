-- How many people are in each arm, day and segment, and what do their values add up to?
-- Values are taken from a constant near their centre, so that sums of squares keep their digits. The few largest
-- values of capped columns are not in these sums; they come one by one (tail.sql), so that the cap can be moved later.
select
    {keys},
    {levels},
    count(*) as people,
    {sums}
from (
    select {keys}, {centred}
    from people
    where {inside}
) as inner_people
group by grouping sets ({sets})
