-- From when to when is there paid promotion?
select min(date) as first_day, max(date) as last_day
from ad_spend_daily
