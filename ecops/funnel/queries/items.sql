-- How many saw each product, put it into the cart and paid for it?
SELECT
    platform,
    coalesce(sku, item_id, title) AS sku,
    max(coalesce(title, sku, item_id)) AS title,
    sum(visitors) AS visitors,
    sum(cart_users) AS cart_users,
    sum(pay_buyers) AS pay_buyers,
    sum(pay_amount) AS pay_amount
FROM traffic_daily
WHERE level = 'item' AND date BETWEEN $start AND $end
GROUP BY platform, coalesce(sku, item_id, title)
HAVING sum(visitors) > 0 AND sum(cart_users) IS NOT NULL AND sum(pay_buyers) IS NOT NULL
