-- How many people came on each day and how far did they go? Each platform and shop at one level only, because visitors
-- of different levels must not be added: the whole shop where it is reported, sources where
-- it is not or where they are asked for and there.
with levels as (
    select
        platform,
        coalesce(shop, '') as shop,
        max(case when level = 'shop' then 1 else 0 end) as has_shop,
        max(case when level = 'source' then 1 else 0 end) as has_source
    from traffic_daily
    where (date between $start and $end or date between $other_start and $other_end) and level in ('shop', 'source')
    group by platform, coalesce(shop, '')
)

select
    {by} date,
    t.platform,
    coalesce(t.shop, '') as shop,
    sum(impressions) as impressions,
    sum(clicks) as clicks,
    sum(visitors) as visitors,
    sum(page_views) as page_views,
    sum(bounce_rate * visitors) as bounces,
    sum(case when bounce_rate is not null then visitors end) as bounce_visitors,
    sum(dwell_seconds * visitors) as dwell_total,
    sum(case when dwell_seconds is not null then visitors end) as dwell_visitors,
    sum(favourites) as favourites,
    sum(cart_users) as cart_users,
    sum(order_buyers) as order_buyers,
    sum(pay_buyers) as pay_buyers,
    sum(pay_amount) as pay_amount
from traffic_daily as t
inner join levels as l
    on l.platform = t.platform and l.shop = coalesce(t.shop, '')
where
    (date between $start and $end or date between $other_start and $other_end)
    and t.level = case when l.has_shop = 0 or ($sources and l.has_source = 1) then 'source' else 'shop' end
group by all
