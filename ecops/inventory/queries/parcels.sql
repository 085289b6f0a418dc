-- How many units leave in one order, in these days?
select cast(sum(units) as double) / nullif(cast(sum(orders) as double), 0) as units
from daily_sales
where date between cast($start as date) and cast($until as date)
