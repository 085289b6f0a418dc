-- What did our own shop do on each day on a platform: people, buyers, money? Of each shop only the whole-shop rows where
-- there are any, its sources where not; rows of products would count people twice.
with levels as (
    select platform, shop, max(case when level = 'shop' then 1 else 0 end) as has_shop
    from traffic_daily
    where platform = $platform and date between $start and $end and level in ('shop', 'source')
    group by platform, shop
)

select
    t.date,
    sum(t.visitors) as visitors,
    sum(t.impressions) as impressions,
    sum(t.clicks) as clicks,
    sum(t.bounce_rate * t.visitors) as bounces,
    sum(case when t.bounce_rate is not null then t.visitors end) as bounce_visitors,
    sum(t.cart_users) as cart_users,
    sum(t.pay_buyers) as pay_buyers,
    sum(t.pay_amount) as pay_amount
from traffic_daily as t
inner join levels as l on l.platform = t.platform and l.shop = t.shop
where
    t.date between $start and $end
    and ((l.has_shop = 1 and t.level = 'shop') or (l.has_shop = 0 and t.level = 'source'))
group by t.date
order by t.date
