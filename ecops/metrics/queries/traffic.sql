-- How many people came on each day and how far did they go, at each level that is reported? Visitors of different levels
-- must not be added: of each platform and shop only the whole shop counts where it is reported, its sources where it is
-- not or where they are asked for and there.
select
    {by} date,
    platform,
    shop,
    level,
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
from traffic_daily
where
    (date between $start and $end or date between $other_start and $other_end)
    and level in ('shop', 'source')
group by all
