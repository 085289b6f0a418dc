-- What do the orders call a product, where does it belong, what was paid for a unit lately and what did it cost? Lately or,
-- where it was not sold lately, in all the time that is looked at.
with bought as (
    select
        sku, title, category, cost, quantity, paid_amount,
        case when cast(paid_at as date) >= cast($lately as date) then 1 else 0 end as late
    from sales_lines
    where sku <> '' and paid_at is not null and coalesce(paid_amount, 0) > 0
        and cast(paid_at as date) between cast($start as date) and cast($until as date)
),

added as (
    select
        sku, late,
        max(title) as title,
        max(category) as category,
        cast(sum(case when quantity > 0 then paid_amount end) as double)
            / nullif(cast(sum(case when quantity > 0 then quantity end) as double), 0) as price,
        cast(sum(case when quantity > 0 then cost end) as double)
            / nullif(cast(sum(case when quantity > 0 and cost is not null then quantity end) as double), 0) as cost
    from bought
    group by sku, late
)

select
    sku,
    coalesce(max(case when late = 1 then nullif(title, '') end), max(title)) as title,
    coalesce(max(case when late = 1 then nullif(category, '') end), max(category)) as category,
    coalesce(max(case when late = 1 then price end), max(price)) as price,
    coalesce(max(case when late = 1 then cost end), max(cost)) as cost
from added
group by sku
order by sku
