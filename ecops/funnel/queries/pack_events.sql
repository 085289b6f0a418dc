-- One 64-bit key an event: unit, tick, segment and event code, see ecops/funnel/log.py. Sorting the keys brings the events
-- of a unit together in the order of time. Where ticks were taken for whole without looking (`$whole`), -1 says that one
-- is not. A code is found in a column of few texts once for each text, as long as nothing but the list is asked.
SELECT
    CASE
        WHEN tick * $tick_us = passed_us OR NOT $whole
            THEN
                unit * CAST($unit_step AS BIGINT)
                + tick * CAST($tick_step AS BIGINT)
                + segment * CAST($segment_step AS BIGINT)
                + code
        ELSE -1
    END AS key
FROM (
    SELECT
        unit,
        happened_us - $origin_us AS passed_us,
        (happened_us - $origin_us) // $tick_us AS tick,
        segment,
        code
    FROM units
    WHERE unit IS NOT NULL AND happened_us IS NOT NULL
) AS ticks
