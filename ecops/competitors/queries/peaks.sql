-- On which days did the calendar promise a peak?
select cast(starts_on as date) as starts_on, cast(coalesce(ends_on, starts_on) as date) as ends_on
from calendar
where starts_on is not null and kind in ('promotion', 'holiday')
order by starts_on, ends_on
