-- How many people saw each product on each day, put it into the cart and paid for it?
select
    date, platform, coalesce(sku, item_id, title) as sku,
    max(coalesce(title, sku, item_id)) as title,
    sum(visitors) as visitors,
    sum(cart_users) as cart_users,
    sum(order_buyers) as order_buyers,
    sum(pay_buyers) as pay_buyers,
    sum(pay_amount) as pay_amount
from traffic_daily
where level = 'item' and date between $start and $end
group by date, platform, coalesce(sku, item_id, title)
