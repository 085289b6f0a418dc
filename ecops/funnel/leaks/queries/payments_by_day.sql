-- How many payments were started on each day, and how many of them failed?
SELECT
    CAST(started_at AS DATE) AS date,
    count(*) AS started,
    count(CASE WHEN outcome = 'failed' THEN 1 END) AS failed
FROM payment_attempts
WHERE CAST(started_at AS DATE) BETWEEN $start AND $end
GROUP BY CAST(started_at AS DATE)
ORDER BY date
