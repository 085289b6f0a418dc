-- What is in the log: one row for each event name and combination of dimensions, with the money of its events.
-- `prepared` is the log with canonical columns; `segment_1` ... hold the dimensions asked for.
SELECT
    {by}
    event,
    count(*) AS rows,
    sum(value) AS value,
    count(value) AS valued
FROM prepared
GROUP BY ALL
