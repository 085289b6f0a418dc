-- How long did the visitors of each source stay, how much did they see, how many left at once and how many paid?
SELECT
    date,
    platform,
    coalesce(channel, '') AS channel,
    sum(visitors) AS visitors,
    sum(CASE WHEN page_views IS NOT NULL THEN visitors END) AS depth_visitors,
    sum(page_views) AS page_views,
    sum(CASE WHEN dwell_seconds IS NOT NULL THEN visitors END) AS dwell_visitors,
    sum(dwell_seconds * visitors) AS dwell_total,
    sum(CASE WHEN bounce_rate IS NOT NULL THEN visitors END) AS bounce_visitors,
    sum(bounce_rate * visitors) AS bounces,
    sum(CASE WHEN pay_buyers IS NOT NULL THEN visitors END) AS pay_visitors,
    sum(pay_buyers) AS pay_buyers
FROM traffic_daily
WHERE date BETWEEN $start AND $end AND level = 'source' AND visitors > 0
GROUP BY ALL
ORDER BY date, platform, channel
