-- What is in the log: one row for each event name and combination of dimensions, with the ends of time and of the ids.
-- `prepared` is the log with canonical columns; `segment_1` ... hold the dimensions asked for.
SELECT
    {by}
    event,
    count(*) AS rows,
    count(*) - count(unit) AS without_id,
    count(*) - count(happened_us) AS without_time,
    min(happened_us) FILTER (WHERE unit IS NOT NULL) AS first_us,
    max(happened_us) FILTER (WHERE unit IS NOT NULL) AS last_us,
    max(happened_us % 1000000) AS fraction_us,
    min(number) AS lowest,
    max(number) AS highest,
    sum(value) AS value,
    count(value) AS valued
FROM prepared
GROUP BY ALL
