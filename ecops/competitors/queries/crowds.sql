-- Who buys, by group of people?
select cast(date as date) as date, coalesce(platform, '') as platform, coalesce(subject, '') as subject, dimension,
    segment, share, tgi
from crowds
order by date, subject, dimension, share desc
