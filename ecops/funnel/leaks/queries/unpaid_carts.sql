-- Who put something into the cart and has not paid since? One row a person, with the last cart and what was in it.
WITH carts AS (
    SELECT
        platform, user_id, max(happened_at) AS last_cart,
        count(DISTINCT coalesce(sku, item_id)) AS products, sum(value) AS value
    FROM events
    WHERE list_contains($carts, lower(event)) AND CAST(happened_at AS DATE) BETWEEN $start AND $end
        AND user_id IS NOT NULL
    GROUP BY platform, user_id
),

pays AS (
    SELECT platform, user_id, max(happened_at) AS last_pay
    FROM events
    WHERE list_contains($pays, lower(event)) AND user_id IS NOT NULL AND CAST(happened_at AS DATE) <= $end
    GROUP BY platform, user_id
)

SELECT c.platform, c.user_id, c.last_cart, c.products, c.value
FROM carts AS c
LEFT JOIN pays AS p ON p.platform = c.platform AND p.user_id = c.user_id
WHERE p.last_pay IS NULL OR p.last_pay < c.last_cart
ORDER BY last_cart DESC, c.platform, c.user_id
