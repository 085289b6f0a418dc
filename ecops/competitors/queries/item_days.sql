-- What did each product of ours do on each day on a platform: shown, clicked, visited, put into carts, paid?
select
    coalesce(p.sku, t.sku, t.item_id) as sku,
    t.date,
    sum(t.impressions) as impressions,
    sum(t.clicks) as clicks,
    sum(t.visitors) as visitors,
    sum(t.cart_users) as cart_users,
    sum(t.pay_buyers) as pay_buyers,
    sum(t.pay_amount) as pay_amount
from traffic_daily as t
left join (
    select item_id, min(sku) as sku
    from products
    where item_id <> ''
    group by item_id
) as p on p.item_id = t.item_id
where t.level = 'item' and t.platform = $platform and t.date between $start and $end
group by coalesce(p.sku, t.sku, t.item_id), t.date
having coalesce(p.sku, t.sku, t.item_id) <> ''
order by sku, t.date
