-- How many events did each purchase take since the purchase before, at most a window of days back?
WITH numbered AS (
    SELECT
        platform, user_id, event, happened_at, epoch(happened_at) AS at_second,
        list_contains($pays, lower(event)) AS pays,
        row_number() OVER (PARTITION BY platform, user_id ORDER BY happened_at, event_id) AS place
    FROM events
    WHERE user_id IS NOT NULL AND happened_at IS NOT NULL AND CAST(happened_at AS DATE) BETWEEN $since AND $end
),

placed AS (
    SELECT
        *,
        min(place) OVER (
            PARTITION BY platform, user_id ORDER BY at_second RANGE BETWEEN $window_seconds PRECEDING AND CURRENT ROW
        ) AS first_place,
        max(CASE WHEN pays THEN place END) OVER (
            PARTITION BY platform, user_id ORDER BY place ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
        ) AS last_paid
    FROM numbered
)

SELECT
    CAST(happened_at AS DATE) AS date,
    place - greatest(coalesce(last_paid, 0), first_place - 1) - 1 AS steps,
    count(*) AS purchases
FROM placed
WHERE pays AND CAST(happened_at AS DATE) BETWEEN $start AND $end
GROUP BY ALL
ORDER BY date, steps
