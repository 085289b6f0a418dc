-- How often was something searched for on each day, how often was nothing found, and how many of those who searched paid?
-- A day's count of results says something only where searches without result are not counted. NULL: not reported.
SELECT
    date,
    sum(CASE WHEN coalesce(empty_searches, results) IS NOT NULL THEN searches END) AS known_searches,
    sum(CASE
        WHEN empty_searches IS NOT NULL THEN least(empty_searches, searches)
        WHEN results = 0 THEN searches
        WHEN results > 0 THEN 0
    END) AS empty_searches,
    sum(CASE WHEN pay_buyers IS NOT NULL THEN searchers END) AS searchers,
    sum(CASE WHEN searchers IS NOT NULL THEN pay_buyers END) AS pay_buyers
FROM search_words
WHERE date BETWEEN $start AND $end
GROUP BY date
ORDER BY date
