-- Minute by minute: how many were online in the live room, how many reacted and how many ordered?
SELECT
    minute,
    sum(online) AS online,
    sum(interactions) AS interactions,
    sum(orders) AS orders
FROM content_daily
WHERE date BETWEEN $start AND $end AND kind = 'live' AND minute IS NOT NULL
GROUP BY minute
ORDER BY minute
