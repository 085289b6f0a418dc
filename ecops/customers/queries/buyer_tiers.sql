-- In a city of which tier does each buyer live, by most of her lines; by name where that is no decision?
with said as (
    select buyer_id, city_tier from order_lines
    union all
    select buyer_id, city_tier from orders
),

counted as (
    select buyer_id, city_tier, count(*) as lines
    from said
    where buyer_id <> '' and city_tier <> ''
    group by buyer_id, city_tier
),

ranked as (
    select buyer_id, city_tier, row_number() over (partition by buyer_id order by lines desc, city_tier) as place
    from counted
)

select buyer_id, city_tier
from ranked
where place = 1
order by buyer_id
