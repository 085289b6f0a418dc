-- How much is sold to cities of each tier, on each platform?
with lines as (
    select l.platform, coalesce(l.city_tier, o.city_tier) as city_tier, l.order_id, l.paid_amount
    from order_lines as l
    left join (
        select platform, order_id, max(city_tier) as city_tier
        from orders
        group by platform, order_id
    ) as o on o.platform = l.platform and o.order_id = l.order_id
    where l.paid_amount > 0 and cast(l.paid_at as date) between $start and $end
)

select platform, city_tier, count(distinct order_id) as orders, sum(paid_amount) as money
from lines
where city_tier is not null and city_tier <> ''
group by platform, city_tier
order by platform, money desc, city_tier
