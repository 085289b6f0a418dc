-- The promotion of the calendar that runs now or begins next; of several the one whose first day is nearest, so that
-- one that runs all year hides no other. One row or none.
select name, name_en, starts_on, coalesce(ends_on, starts_on) as ends_on
from calendar
where kind = 'promotion' and coalesce(ends_on, starts_on) >= $today and starts_on <= $until
order by abs(date_diff('day', cast($today as date), cast(starts_on as date))), starts_on, name
limit 1
