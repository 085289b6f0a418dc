-- Of which platforms is the promotion spend known?
select distinct platform
from ad_rows
where cost is not null
order by platform
