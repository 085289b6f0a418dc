-- One row a person, where the file holds several rows for some: amounts are added up, yes/no values are true when any
-- row says so, dates and segments are those of the first. People seen in several arms are left out.
select
    min(arm) as arm,
    min(day) as day,
    {picked}
from rows_given
where arm is not null
group by unit
having min(arm) = max(arm)
