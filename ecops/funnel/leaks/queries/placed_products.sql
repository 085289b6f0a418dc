-- Which products were shown in places that are told apart? Those shown most first.
SELECT
    coalesce(sku, item_id, title) AS product,
    max(coalesce(title, sku, item_id)) AS title,
    sum(impressions) AS impressions
FROM placements_daily
WHERE date BETWEEN $start AND $end AND impressions > 0 AND coalesce(sku, item_id, title) IS NOT NULL
GROUP BY coalesce(sku, item_id, title)
ORDER BY impressions DESC, product
LIMIT 200
