-- How far did people get on each day, by platform, shop, source and device, at every level the platforms report? The rows
-- of different levels count the same people and must never be added: the reader picks one level for each shop.
SELECT
    date,
    platform,
    coalesce(shop, '') AS shop,
    level,
    coalesce(channel, '') AS channel,
    coalesce(device, '') AS device,
    coalesce(segment, '') AS segment,
    CASE WHEN level = 'item' THEN coalesce(title, sku, item_id, '') ELSE '' END AS title,
    sum(impressions) AS impressions,
    sum(clicks) AS clicks,
    sum(visitors) AS visitors,
    sum(cart_users) AS cart_users,
    sum(order_buyers) AS order_buyers,
    sum(pay_buyers) AS pay_buyers,
    sum(pay_amount) AS pay_amount
FROM traffic_daily
WHERE date BETWEEN $start AND $end AND level <> 'detail'
GROUP BY ALL
