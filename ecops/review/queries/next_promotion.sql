-- The promotion of the calendar that runs now or begins next. One row or none.
select name, name_en, starts_on, coalesce(ends_on, starts_on) as ends_on
from calendar
where kind = 'promotion' and coalesce(ends_on, starts_on) >= $today and starts_on <= $until
order by starts_on, name
limit 1
