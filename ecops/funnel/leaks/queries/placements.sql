-- How often was each place of each surface shown, and clicked, of one product or of all?
SELECT
    platform, surface, coalesce(slot, '') AS slot,
    sum(impressions) AS impressions,
    sum(clicks) AS clicks
FROM placements_daily
WHERE date BETWEEN $start AND $end AND impressions > 0
    AND ($product = '' OR coalesce(sku, item_id, title) = $product)
GROUP BY platform, surface, coalesce(slot, '')
ORDER BY platform, surface, slot
