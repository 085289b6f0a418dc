-- The events of a log with who the person was at that moment: new, or somebody who had paid on an earlier day by the
-- log or by the orders; and the gender and age that the table of customers knows of her.
WITH paid AS (
    SELECT user_id, CAST(happened_at AS DATE) AS day
    FROM events
    WHERE user_id IS NOT NULL AND happened_at IS NOT NULL AND list_contains($pays, lower(event))
    UNION ALL
    SELECT buyer_id AS user_id, CAST(paid_at AS DATE) AS day
    FROM sales_lines
    WHERE buyer_id IS NOT NULL AND paid_at IS NOT NULL AND paid_amount > 0
),

firsts AS (
    SELECT user_id, min(day) AS first_paid
    FROM paid
    GROUP BY user_id
),

known AS (
    SELECT customer_id, max(gender) AS gender, max(age_band) AS age_band
    FROM customers
    GROUP BY customer_id
)

SELECT
    e.*,
    CASE
        WHEN e.user_id IS NULL THEN NULL
        WHEN f.first_paid < CAST(e.happened_at AS DATE) THEN 'returning_people'
        ELSE 'new_people'
    END AS people,
    k.gender,
    k.age_band
FROM events AS e
LEFT JOIN firsts AS f ON f.user_id = e.user_id
LEFT JOIN known AS k ON k.customer_id = e.user_id
