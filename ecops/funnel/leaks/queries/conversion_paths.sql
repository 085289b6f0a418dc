-- By which steps was each purchase reached since the purchase before, at most a window of days back, and whence?
-- A step stands where it was first taken; what was done again is not told twice. `entry` is the channel of the first.
WITH numbered AS (
    SELECT
        platform, user_id, lower(event) AS event, channel, happened_at, epoch(happened_at) AS at_second,
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
),

purchases AS (
    SELECT platform, user_id, place AS paid_place, greatest(coalesce(last_paid, 0) + 1, first_place) AS from_place
    FROM placed
    WHERE pays AND CAST(happened_at AS DATE) BETWEEN $start AND $end
),

taken AS (
    SELECT
        p.platform, p.user_id, p.paid_place, n.event,
        min(n.place) AS place,
        max(CASE WHEN n.place = p.from_place THEN n.channel END) AS entry
    FROM purchases AS p
    INNER JOIN numbered AS n
        ON n.platform = p.platform AND n.user_id = p.user_id AND n.place BETWEEN p.from_place AND p.paid_place
    GROUP BY p.platform, p.user_id, p.paid_place, n.event
),

paths AS (
    SELECT
        platform, user_id, paid_place,
        max(entry) AS entry,
        list(event ORDER BY place) AS steps
    FROM taken
    GROUP BY platform, user_id, paid_place
)

SELECT
    coalesce(entry, '') AS entry,
    array_to_string(steps, chr(31)) AS path,
    count(*) AS purchases
FROM paths
GROUP BY coalesce(entry, ''), array_to_string(steps, chr(31))
ORDER BY purchases DESC, entry, path
