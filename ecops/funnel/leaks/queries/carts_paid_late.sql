-- Of the carts that were still unpaid after a day, how many were paid later by themselves within the week?
-- Only carts of the days whose week has ended.
WITH carts AS (
    SELECT platform, user_id, max(happened_at) AS last_cart
    FROM events
    WHERE list_contains($carts, lower(event)) AND CAST(happened_at AS DATE) BETWEEN $start AND $end
        AND user_id IS NOT NULL
    GROUP BY platform, user_id, CAST(happened_at AS DATE)
),

waits AS (
    SELECT c.platform, c.user_id, c.last_cart, min(epoch(e.happened_at) - epoch(c.last_cart)) AS seconds
    FROM carts AS c
    LEFT JOIN events AS e
        ON e.platform = c.platform AND e.user_id = c.user_id AND e.happened_at >= c.last_cart
        AND list_contains($pays, lower(e.event))
    GROUP BY c.platform, c.user_id, c.last_cart
)

SELECT
    count(CASE WHEN seconds IS NULL OR seconds >= 86400 THEN 1 END) AS left_after_a_day,
    count(CASE WHEN seconds >= 86400 AND seconds < 604800 THEN 1 END) AS paid_later
FROM waits
