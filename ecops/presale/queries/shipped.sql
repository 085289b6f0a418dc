-- How many units does the whole shop sell a day on the last days?
select cast(sum(greatest(coalesce(quantity, 0), 0)) as double) / 28 as units
from sold_lines
where paid_at is not null and coalesce(paid_amount, 0) > 0
    and cast(paid_at as date) between cast($start as date) and cast($until as date)
