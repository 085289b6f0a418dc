-- Since when has each product been sold? With the first day of any sale, before which nothing is known.
with firsts as (
    select sku, min(date) as first_day
    from daily_items
    where sku <> '' and gross_sales > 0
    group by sku
),

whole as (
    select min(first_day) as known_from
    from firsts
)

select f.sku, f.first_day, w.known_from
from firsts as f
cross join whole as w
