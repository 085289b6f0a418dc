-- Which experiments are there, in which arms, on which days, and which figures do their rows carry?
select
    {experiment} as experiment, cast({variant} as varchar) as variant, {people} as people,
    min({day}) as first_day, max({day}) as last_day, count({day}) as dated, {facts}
from {table}
where {variant} is not null
group by 1, 2
order by 1, 2
