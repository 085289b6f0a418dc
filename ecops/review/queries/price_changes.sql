-- Of how many of our own products did the price change on each day, against the day before that is known?
with ours as (
    select distinct platform, shop
    from sales_lines
),

prices as (
    select p.date, p.platform, p.sku, min(p.price) as price
    from price_history as p
    inner join ours as o on o.platform = p.platform and o.shop = coalesce(p.shop, '')
    where p.price is not null and p.price > 0 and p.date between $start and $end
    group by p.date, p.platform, p.sku
),

steps as (
    select
        date, platform, sku, price,
        lag(price) over (partition by platform, sku order by date) as before
    from prices
)

select
    date, platform,
    count(*) as products,
    sum(case when price <> before then 1 else 0 end) as changed,
    sum(case when price < before then 1 else 0 end) as lowered
from steps
where before is not null
group by date, platform
order by date, platform
