-- What did advertising cost and bring on each day, by channel or campaign? Each spend once.
SELECT
    date, platform,
    coalesce(channel, campaign, tool, '') AS link,
    sum(cost) AS cost,
    sum(paid_amount) AS paid_amount
FROM ad_rows
WHERE date BETWEEN $start AND $end AND cost > 0 AND paid_amount IS NOT NULL
GROUP BY date, platform, coalesce(channel, campaign, tool, '')
ORDER BY date, platform, link
