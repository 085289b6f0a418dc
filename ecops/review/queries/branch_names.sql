-- Which categories and products are there, those that sold most first?
with names as (
    select sku, max(title) as title, max(category) as category
    from products
    where sku <> ''
    group by sku
),

sold as (
    select
        d.sku,
        max(coalesce(n.title, nullif(d.title, ''), d.sku)) as title,
        max(coalesce(nullif(d.category, ''), n.category)) as category,
        sum(d.gross_sales) as gmv
    from daily_items as d
    left join names as n on n.sku = d.sku
    where d.sku <> ''
    group by d.sku
),

every as (
    select 'category' as whose, category as who, category as name, sum(gmv) as gmv
    from sold
    where category is not null
    group by category
    union all
    select 'product' as whose, sku as who, title as name, gmv
    from sold
)

select whose, who, name
from every
order by whose, gmv desc, who
limit $most
