-- What does each category sell on each platform? A line without a category has that of its product.
with kinds as (
    select sku, max(category) as category
    from products
    where sku <> '' and category <> ''
    group by sku
)

select
    coalesce(nullif(d.category, ''), k.category) as category,
    d.platform,
    sum(d.gross_sales) as gmv
from daily_items as d
left join kinds as k on k.sku = d.sku
where d.date between $start and $end and coalesce(nullif(d.category, ''), k.category) is not null
group by coalesce(nullif(d.category, ''), k.category), d.platform
order by category, gmv desc, d.platform
