-- How far do the visitors of each product get, and since when has it been seen? One row a product and platform.
SELECT
    platform,
    coalesce(sku, item_id, title) AS sku,
    max(coalesce(title, sku, item_id)) AS title,
    min(date) AS first_day,
    count(DISTINCT CASE WHEN date BETWEEN $start AND $end THEN date END) AS days,
    sum(CASE WHEN date BETWEEN $start AND $end THEN visitors END) AS visitors,
    sum(CASE WHEN date BETWEEN $start AND $end THEN coalesce(favourites, 0) + cart_users END) AS interested,
    sum(CASE WHEN date BETWEEN $start AND $end THEN cart_users END) AS cart_users,
    sum(CASE WHEN date BETWEEN $start AND $end THEN order_buyers END) AS order_buyers,
    sum(CASE WHEN date BETWEEN $start AND $end THEN pay_buyers END) AS pay_buyers,
    sum(CASE WHEN date BETWEEN $start AND $end THEN pay_amount END) AS pay_amount
FROM traffic_daily
WHERE level = 'item' AND date <= $end AND visitors > 0
GROUP BY platform, coalesce(sku, item_id, title)
HAVING sum(CASE WHEN date BETWEEN $start AND $end THEN visitors END) > 0
ORDER BY platform, sku
