-- Up to which day do deposits and payments reach?
select max(day) as last_day
from (
    select max(cast(date as date)) as day from presale_deposits
    union all
    select max(cast(paid_at as date)) as day from sold_lines
) as known
