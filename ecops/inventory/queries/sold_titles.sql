-- What do the orders call a product, where does it belong, what was paid for a unit lately and what did it cost?
select
    sku,
    max(title) as title,
    max(category) as category,
    cast(sum(case when quantity > 0 then paid_amount end) as double)
        / nullif(cast(sum(case when quantity > 0 and paid_amount > 0 then quantity end) as double), 0) as price,
    cast(sum(case when quantity > 0 then cost end) as double)
        / nullif(cast(sum(case when quantity > 0 and cost is not null then quantity end) as double), 0) as cost
from sales_lines
where sku <> '' and paid_at is not null and coalesce(paid_amount, 0) > 0
    and cast(paid_at as date) between cast($start as date) and cast($until as date)
group by sku
order by sku
