-- From when to when does each shop have sales, and on how many days?
select platform, shop, min(date) as first_day, max(date) as last_day
from daily_sales
group by all
order by platform, shop
