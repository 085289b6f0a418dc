-- Which products do visitors leave at once? One row a product with its visitors and how many left after one page.
SELECT
    platform,
    coalesce(sku, item_id, title) AS sku,
    max(coalesce(title, sku, item_id)) AS title,
    sum(visitors) AS visitors,
    sum(bounce_rate * visitors) AS bounces
FROM traffic_daily
WHERE level = 'item' AND date BETWEEN $start AND $end AND bounce_rate IS NOT NULL AND visitors > 0
GROUP BY platform, coalesce(sku, item_id, title)
ORDER BY visitors DESC, sku
