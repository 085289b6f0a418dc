-- What happened in these days that a reader of a chart must know?
select starts_on, coalesce(ends_on, starts_on) as ends_on, name, name_en, kind, platform, sku, note, note_en
from calendar
where starts_on <= $end and coalesce(ends_on, starts_on) >= $start
order by starts_on, name
