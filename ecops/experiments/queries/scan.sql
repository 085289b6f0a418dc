-- What is in the columns: days, blanks, extremes and how many people have anything at all.
select
    count(*) as people,
    min(day) as first_day,
    max(day) as last_day,
    {facts}
from people
