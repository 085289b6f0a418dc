-- How many people paid, how many of them recommended or shared afterwards, and how many buyers a friend had sent?
WITH buyers AS (
    SELECT platform, user_id, min(happened_at) AS paid_at
    FROM events
    WHERE list_contains($pays, lower(event)) AND CAST(happened_at AS DATE) BETWEEN $start AND $end
        AND user_id IS NOT NULL
    GROUP BY platform, user_id
),

marks AS (
    SELECT
        b.platform, b.user_id,
        max(CASE
            WHEN list_contains($recommends, lower(e.event)) AND e.happened_at >= b.paid_at THEN 1 ELSE 0
        END) AS recommended,
        max(CASE
            WHEN list_contains($referrals, lower(e.channel)) AND e.happened_at <= b.paid_at THEN 1 ELSE 0
        END) AS referred
    FROM buyers AS b
    INNER JOIN events AS e ON e.platform = b.platform AND e.user_id = b.user_id
    WHERE CAST(e.happened_at AS DATE) <= $end
    GROUP BY b.platform, b.user_id
)

SELECT
    count(*) AS buyers,
    sum(recommended) AS recommenders,
    sum(referred) AS referred,
    (SELECT count(*) FROM events WHERE list_contains($recommends, lower(event))) AS recommendations,
    (SELECT count(*) FROM events WHERE list_contains($referrals, lower(channel))) AS referrals
FROM marks
