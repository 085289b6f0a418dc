-- How many orders were placed on each platform on each day, how many of them were paid, and how much was?
WITH placed AS (
    SELECT platform, shop, order_id, min(ordered_at) AS ordered_at, max(paid_at) AS paid_at,
        sum(CASE WHEN paid_at IS NOT NULL THEN paid_amount END) AS amount
    FROM sales_lines
    WHERE order_id <> '' AND CAST(ordered_at AS DATE) BETWEEN $start AND $end
    GROUP BY platform, shop, order_id
)

SELECT CAST(ordered_at AS DATE) AS date, platform, count(paid_at) AS paid, count(*) AS placed, sum(amount) AS amount
FROM placed
GROUP BY CAST(ordered_at AS DATE), platform
ORDER BY date, platform
