-- What did we sell and take back on each day on a platform?
select date, sum(gross_sales) as gross_sales, sum(refunds) as refunds, sum(units) as units
from daily_sales
where platform = $platform and date between $start and $end
group by date
order by date
