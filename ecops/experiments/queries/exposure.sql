-- Is every person in the file once, and in one arm?
select
    count(*) as people,
    sum(case when first_arm <> last_arm then 1 else 0 end) as crossed,
    sum(case when entries > 1 then 1 else 0 end) as repeated
from (
    select unit, count(*) as entries, min(arm) as first_arm, max(arm) as last_arm
    from rows_given
    where arm is not null
    group by unit
) as seen
