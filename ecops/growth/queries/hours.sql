-- How much is sold in which hour of each day?
select
    date,
    hour,
    sum(gross_sales) as gross_sales,
    sum(orders) as orders
from daily_sales
where date between $start and $end
group by all
