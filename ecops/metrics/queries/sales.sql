-- How much was sold on each day, by where? By day of payment, from the daily roll-up.
select
    {by} date, platform, shop,
    sum(gross_sales) as gross_sales,
    sum(refunds) as refunds,
    sum(discount) as discount,
    sum(freight) as freight,
    sum(cost) as cost,
    sum(costed_sales) as costed_sales,
    sum(units) as units,
    sum(orders) as orders,
    sum(buyer_orders) as buyer_orders,
    sum(buyer_sales) as buyer_sales
from daily_sales
where date between $start and $end or date between $other_start and $other_end
group by all
