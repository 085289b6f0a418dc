-- How far back do buyers reach?
select min(date) as first_day, max(date) as last_day
from daily_buyers
