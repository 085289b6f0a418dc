-- Which reference values has somebody brought in, for whom, of which day and from where? The newest first.
SELECT metric, value, coalesce(population, '') AS population, coalesce(statistic, '') AS statistic, date,
    coalesce(source, '') AS source
FROM benchmarks
WHERE value IS NOT NULL AND (date IS NULL OR date <= $end) AND $start <= $end
ORDER BY date DESC NULLS LAST, population, statistic, value
