-- What did each campaign cost on each day, and what did it bring?
SELECT
    date,
    platform,
    coalesce(campaign, tool, '') AS campaign,
    sum(cost) AS cost,
    sum(paid_amount) AS paid_amount
FROM ad_spend_daily
WHERE date BETWEEN $start AND $end AND cost > 0 AND paid_amount IS NOT NULL
GROUP BY ALL
ORDER BY date, platform, campaign
