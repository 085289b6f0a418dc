-- How many visits did each page have in each class of loading time, and how many of them left at once?
SELECT
    date,
    page,
    coalesce(device, '') AS device,
    CASE
        WHEN load_seconds IS NULL THEN -1
        WHEN load_seconds < 1 THEN 0
        WHEN load_seconds < 2 THEN 1
        WHEN load_seconds < 3 THEN 2
        WHEN load_seconds < 5 THEN 3
        ELSE 5
    END AS seconds_from,
    sum(visits) AS visits,
    sum(least(bounces, visits)) AS bounces,
    sum(CASE WHEN bounces IS NOT NULL THEN visits END) AS known_visits,
    sum(load_seconds * visits) AS load_total,
    sum(CASE WHEN load_seconds IS NOT NULL THEN visits END) AS loads
FROM page_loads
WHERE date BETWEEN $start AND $end
GROUP BY ALL
ORDER BY date, page, device, seconds_from
