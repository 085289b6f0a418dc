-- What are these products called? The title that most lines carry; by name where that is no decision.
with counted as (
    select sku, title, count(*) as lines
    from sold_lines
    where sku <> '' and title <> ''
    group by sku, title
),

ranked as (
    select sku, title, row_number() over (partition by sku order by lines desc, title) as place
    from counted
)

select sku, title
from ranked
where place = 1
