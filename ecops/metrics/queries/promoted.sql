-- What share of each platform's sales went into promotion, over the days that its spend covers?
with spends as (
    select platform, min(date) as first_day, max(date) as last_day, sum(cost) as spent
    from ad_rows
    where cost is not null
    group by platform
)

select s.platform, max(s.spent) as spent, sum(d.gross_sales) - sum(d.refunds) as sales
from daily_sales as d
inner join spends as s on d.platform = s.platform and d.date between s.first_day and s.last_day
group by s.platform
order by s.platform
