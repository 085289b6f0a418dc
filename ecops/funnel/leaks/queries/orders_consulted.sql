-- How many orders were placed on each day, and how many of them without a question to service before?
-- Only platforms whose chats are loaded for that month count; an order that names neither its buyer nor is named by a
-- chat cannot be told. `since` is the time of the first chat: orders are counted from a full window after it.
WITH chats AS (
    SELECT platform, customer_id, order_id, contacted_at
    FROM service_contacts
    WHERE kind = 'chat'
),

covered AS (
    SELECT platform, min(contacted_at) AS since, max(CAST(contacted_at AS DATE)) AS last_day
    FROM chats
    GROUP BY platform
),

placed AS (
    SELECT s.platform, s.shop, s.order_id, min(s.buyer_id) AS buyer_id, min(s.ordered_at) AS ordered_at
    FROM sales_lines AS s
    INNER JOIN covered AS c ON c.platform = s.platform
    WHERE s.order_id <> ''
        AND CAST(s.ordered_at AS DATE) BETWEEN $start AND $end
        AND CAST(s.ordered_at AS DATE) <= c.last_day
        AND s.ordered_at >= c.since
    GROUP BY s.platform, s.shop, s.order_id
),

asked_by_order AS (
    SELECT DISTINCT p.platform, p.shop, p.order_id
    FROM placed AS p
    INNER JOIN chats AS c ON c.platform = p.platform AND c.order_id = p.order_id
    WHERE c.contacted_at <= p.ordered_at
),

asked_by_buyer AS (
    SELECT DISTINCT p.platform, p.shop, p.order_id
    FROM placed AS p
    INNER JOIN chats AS c ON c.platform = p.platform AND c.customer_id = p.buyer_id
    WHERE c.contacted_at <= p.ordered_at AND epoch(p.ordered_at) - epoch(c.contacted_at) < $window_seconds
)

SELECT
    CAST(p.ordered_at AS DATE) AS date,
    count(*) AS orders,
    count(CASE WHEN o.order_id IS NULL AND b.order_id IS NULL THEN 1 END) AS silent_orders
FROM placed AS p
LEFT JOIN asked_by_order AS o ON o.platform = p.platform AND o.shop = p.shop AND o.order_id = p.order_id
LEFT JOIN asked_by_buyer AS b ON b.platform = p.platform AND b.shop = p.shop AND b.order_id = p.order_id
WHERE coalesce(p.buyer_id, '') <> '' OR o.order_id IS NOT NULL
GROUP BY CAST(p.ordered_at AS DATE)
ORDER BY date
