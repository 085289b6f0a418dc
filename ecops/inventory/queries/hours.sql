-- At which hours of the day do customers buy? Units by hour, of the last half year.
select
    cast(extract(hour from paid_at) as integer) as hour,
    cast(sum(coalesce(quantity, 0)) as double) as units
from sold_lines
where paid_at is not null and coalesce(paid_amount, 0) > 0
    and cast(paid_at as date) between cast($start as date) and cast($until as date)
group by cast(extract(hour from paid_at) as integer)
order by hour
