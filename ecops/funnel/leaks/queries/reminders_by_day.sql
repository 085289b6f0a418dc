-- How many orders were reminded to pay on each day, by way, and how many of them were paid within the window after it?
-- An order belongs to its first reminder; one that was paid before it is no reminder. Reminders whose window has not
-- ended with the last known order are left out, and so are orders that no order report has.
WITH first_reminders AS (
    SELECT platform, order_id, min(contacted_at) AS reminded_at, arg_min(coalesce(channel, ''), contacted_at) AS way
    FROM service_contacts
    WHERE kind = 'reminder' AND order_id IS NOT NULL
    GROUP BY platform, order_id
),

known AS (
    SELECT platform, order_id, min(paid_at) AS paid_at, sum(paid_amount) AS amount
    FROM sales_lines
    WHERE order_id <> ''
    GROUP BY platform, order_id
),

ended AS (
    SELECT max(coalesce(paid_at, ordered_at)) AS last_seen FROM sales_lines
)

SELECT
    CAST(r.reminded_at AS DATE) AS date,
    r.way,
    count(*) AS reminded,
    count(CASE WHEN epoch(k.paid_at) - epoch(r.reminded_at) < $window_seconds THEN 1 END) AS reminded_paid,
    sum(CASE WHEN epoch(k.paid_at) - epoch(r.reminded_at) < $window_seconds THEN k.amount END) AS amount
FROM first_reminders AS r
INNER JOIN known AS k ON k.platform = r.platform AND k.order_id = r.order_id
CROSS JOIN ended AS e
WHERE CAST(r.reminded_at AS DATE) BETWEEN $start AND $end
    AND (k.paid_at IS NULL OR k.paid_at >= r.reminded_at)
    AND epoch(e.last_seen) - epoch(r.reminded_at) >= $window_seconds
GROUP BY CAST(r.reminded_at AS DATE), r.way
ORDER BY date, way
