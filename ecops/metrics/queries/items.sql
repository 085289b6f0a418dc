-- How much of each product was sold on each day?
select
    {by} date, platform, shop,
    sum(gross_sales) as gross_sales,
    sum(refunds) as refunds,
    sum(units) as units,
    sum(orders) as orders
from daily_items
where date between $start and $end or date between $other_start and $other_end
group by all
