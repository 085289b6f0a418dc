-- What stands in the calendar in these days? One row an event, in the order of their first days.
select name, name_en, coalesce(kind, 'other') as kind, coalesce(platform, '') as platform, starts_on,
    coalesce(ends_on, starts_on) as ends_on
from calendar
where starts_on <= $end and coalesce(ends_on, starts_on) >= $start
order by starts_on, name
