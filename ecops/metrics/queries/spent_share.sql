-- What was spent on promotion, and what was sold meanwhile, from the first day with spend to the last?
with spends as (
    select min(date) as first_day, max(date) as last_day, sum(cost) as spent
    from ad_rows
    where cost is not null
)

select max(s.spent) as spent, sum(d.gross_sales) - sum(d.refunds) as sales
from daily_sales as d
inner join spends as s on d.date between s.first_day and s.last_day
