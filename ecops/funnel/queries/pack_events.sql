-- One 64-bit key an event: unit, tick, segment and event code, see ecops/funnel/log.py. Sorting the keys brings the events
-- of a unit together in the order of time.
SELECT
    ((unit >> $part_bits) << $unit_shift)
    + (((happened_us - $origin_us) // $tick_us) << $tick_shift)
    + (segment << $segment_shift)
    + coalesce(list_position($names, event), 0) AS key
FROM units
WHERE unit IS NOT NULL AND happened_us IS NOT NULL AND (unit & $part_mask) = $part
