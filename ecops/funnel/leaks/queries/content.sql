-- How far were videos seen and live rooms watched, by piece? Minutes of a live room add up to the room.
SELECT
    platform,
    kind,
    coalesce(content_id, title, '') AS content,
    max(coalesce(title, content_id, '')) AS title,
    sum(plays) AS plays,
    sum(CASE WHEN complete_plays IS NOT NULL THEN plays END) AS complete_base,
    sum(complete_plays) AS complete_plays,
    sum(CASE WHEN interactions IS NOT NULL THEN plays END) AS interaction_base,
    sum(interactions) AS interactions,
    sum(viewers) AS viewers,
    sum(CASE WHEN watch_minutes IS NOT NULL THEN viewers END) AS minute_base,
    sum(watch_minutes) AS watch_minutes,
    sum(CASE WHEN kept_30s IS NOT NULL THEN viewers END) AS kept_base,
    sum(kept_30s) AS kept_30s,
    sum(orders) AS orders
FROM content_daily
WHERE date BETWEEN $start AND $end
GROUP BY platform, kind, coalesce(content_id, title, '')
ORDER BY kind, plays DESC, viewers DESC, content
