-- How much does each platform sell? The weights of its rates in those of the whole shop.
select
    platform,
    sum(gross_sales) - sum(refunds) as sales,
    sum(orders) as orders,
    sum(units) as units
from daily_sales
group by platform
order by platform
