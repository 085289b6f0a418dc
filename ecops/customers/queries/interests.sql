-- What is each person drawn to? Categories browsed, kept, put into the cart and bought in the days asked about.
-- weight: 1 for a look, 3 for a favourite, 4 for a cart, 5 for a purchase; bought: lines bought.
with looked as (
    select
        user_id as person,
        coalesce(nullif(e.category, ''), p.category, '') as category,
        case
            when event in ('favourite', 'favorite', 'fav', 'collect') then 3
            when event in ('add_to_cart', 'cart') then 4
            when event in ('view_item', 'view', 'pv', 'browse', 'click') then 1
            else 0
        end as weight,
        0 as bought
    from events as e
    left join (select sku, max(category) as category from products group by sku) as p on p.sku = e.sku
    where user_id <> '' and cast(happened_at as date) between $start and $end
),

paid as (
    select
        buyer_id as person,
        coalesce(nullif(l.category, ''), p.category, '') as category,
        5 as weight,
        1 as bought
    from sold_lines as l
    left join (select sku, max(category) as category from products group by sku) as p on p.sku = l.sku
    where paid_at is not null and paid_amount > 0 and buyer_id <> '' and cast(paid_at as date) between $start and $end
)

select person, category, cast(sum(weight) as bigint) as weight, cast(sum(bought) as bigint) as bought
from (select * from looked union all select * from paid) as touched
where category <> '' and weight > 0
group by person, category
order by person, category
