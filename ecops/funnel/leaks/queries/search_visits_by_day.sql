-- How many visitors came from search on each day, and how many of them paid? For shops without a list of search words.
SELECT date, sum(visitors) AS searchers, sum(pay_buyers) AS pay_buyers
FROM traffic_daily
WHERE date BETWEEN $start AND $end
    AND level = 'source'
    AND (channel LIKE '%搜索%' OR lower(channel) LIKE '%search%')
    AND visitors IS NOT NULL AND pay_buyers IS NOT NULL
GROUP BY date
ORDER BY date
