-- How many units had a deposit, and of how many was the balance paid? Only where both are reported.
SELECT date, sum(deposits) AS deposits, sum(least(paid_units, deposits)) AS paid_units
FROM presale_deposits
WHERE date BETWEEN $start AND $end AND deposits > 0 AND paid_units IS NOT NULL
    AND (balance_from IS NULL OR balance_from <= $end)
GROUP BY date
ORDER BY date
