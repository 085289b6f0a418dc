-- At which hour of which weekday (1 is Monday) is how much sold?
select
    isodow(date) as weekday,
    hour,
    sum(gross_sales) as gross_sales,
    sum(orders) as orders
from daily_sales
where date between $start and $end
group by all
order by weekday, hour
