-- How far did visitors get on each day, by platform, shop, source and device? Sources where a shop reports them, because
-- they say more; the whole shop where it does not. Visitors of different levels must not be added.
with levels as (
    select platform, coalesce(shop, '') as shop, max(case when level = 'source' then 1 else 0 end) as has_source
    from traffic_daily
    where date between $start and $end and level in ('shop', 'source')
    group by platform, coalesce(shop, '')
)

select
    t.date, t.platform, coalesce(t.shop, '') as shop, coalesce(channel, '') as channel, coalesce(device, '') as device,
    sum(visitors) as visitors,
    sum(cart_users) as cart_users,
    sum(order_buyers) as order_buyers,
    sum(pay_buyers) as pay_buyers,
    sum(pay_amount) as pay_amount
from traffic_daily as t
inner join levels as l
    on l.platform = t.platform and l.shop = coalesce(t.shop, '')
where date between $start and $end and t.level = case when l.has_source = 1 then 'source' else 'shop' end
group by all
