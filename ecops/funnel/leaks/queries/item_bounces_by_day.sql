-- How many visitors of the product pages left at once on each day, by platform? For platforms that report it by product.
SELECT date, platform, sum(bounce_rate * visitors) AS bounces, sum(visitors) AS bounce_visitors
FROM traffic_daily
WHERE level = 'item' AND date BETWEEN $start AND $end AND bounce_rate IS NOT NULL AND visitors > 0
GROUP BY date, platform
ORDER BY date, platform
