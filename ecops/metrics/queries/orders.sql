-- How many of the orders placed on each day were paid?
select
    {by} date, platform, shop,
    sum(placed_orders) as placed_orders,
    sum(paid_orders) as paid_orders
from daily_orders
where date between $start and $end or date between $other_start and $other_end
group by all
