-- Which words were searched for most, which of them found nothing, and which of them sold?
SELECT
    word,
    sum(searches) AS searches,
    sum(CASE
        WHEN empty_searches IS NOT NULL THEN least(empty_searches, searches)
        WHEN results = 0 THEN searches
        WHEN results > 0 THEN 0
    END) AS empty_searches,
    sum(searchers) AS searchers,
    sum(pay_buyers) AS pay_buyers,
    sum(pay_amount) AS pay_amount
FROM search_words
WHERE date BETWEEN $start AND $end
GROUP BY word
HAVING sum(searches) > 0
ORDER BY searches DESC, word
