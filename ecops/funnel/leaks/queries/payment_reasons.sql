-- Why did payments fail, by reason and method; how many of their orders were paid later, and how much never was?
-- An order that fails several times counts its money once, under the reason of the last failure.
WITH tries AS (
    SELECT platform, coalesce(shop, '') AS shop, order_id, coalesce(order_id, attempt_id) AS named, outcome, amount,
        coalesce(reason, '') AS reason, coalesce(method, '') AS method, started_at, attempt_id
    FROM payment_attempts
    WHERE CAST(started_at AS DATE) BETWEEN $start AND $end
),

paid AS (
    SELECT DISTINCT platform, coalesce(shop, '') AS shop, order_id
    FROM payment_attempts
    WHERE outcome = 'paid' AND order_id IS NOT NULL AND CAST(started_at AS DATE) >= $start
),

failed AS (
    SELECT
        t.reason, t.method, t.named, t.amount, p.order_id IS NOT NULL AS recovered,
        row_number() OVER (
            PARTITION BY t.platform, t.shop, t.named ORDER BY t.started_at DESC, t.attempt_id DESC
        ) AS latest
    FROM tries AS t
    LEFT JOIN paid AS p ON p.platform = t.platform AND p.shop = t.shop AND p.order_id = t.order_id
    WHERE t.outcome = 'failed'
)

SELECT
    reason,
    method,
    count(*) AS failures,
    count(CASE WHEN latest = 1 THEN 1 END) AS orders,
    count(CASE WHEN latest = 1 AND recovered THEN 1 END) AS paid_later,
    sum(CASE WHEN latest = 1 AND NOT recovered THEN amount END) AS never_paid
FROM failed
GROUP BY reason, method
ORDER BY failures DESC, reason, method
