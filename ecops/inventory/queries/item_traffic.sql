-- How were products seen, clicked, put into the cart and paid in these days, by the platforms' own product reports?
select
    coalesce(nullif(sku, ''), item_id) as product,
    max(title) as title,
    cast(sum(impressions) as double) as impressions,
    cast(sum(clicks) as double) as clicks,
    cast(sum(visitors) as double) as visitors,
    cast(sum(cart_users) as double) as cart_users,
    cast(sum(pay_buyers) as double) as pay_buyers
from traffic_daily
where level = 'item' and coalesce(nullif(sku, ''), item_id) is not null
    and cast(date as date) between cast($start as date) and cast($until as date)
group by coalesce(nullif(sku, ''), item_id)
order by product
