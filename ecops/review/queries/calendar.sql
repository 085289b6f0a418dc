-- Everything that the calendar holds, the newest first.
select starts_on, ends_on, kind, name, platform, note
from calendar
order by starts_on desc, name
