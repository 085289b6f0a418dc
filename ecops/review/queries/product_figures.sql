-- What did each product sell, to whom, how many saw it, what did advertising it cost and bring?
-- Reports of traffic and advertising name a product by its item number: the lines of orders say which product that is.
with names as (
    select item_id, max(sku) as sku
    from sales_lines
    where item_id <> '' and sku <> ''
    group by item_id
),

firsts as (
    select buyer_id, min(cast(paid_at as date)) as first_day
    from sales_lines
    where paid_at is not null and paid_amount > 0 and buyer_id is not null
    group by buyer_id
),

kinds as (
    select sku, max(title) as title, max(category) as category
    from products
    where sku <> ''
    group by sku
),

sold as (
    select
        s.sku,
        max(s.title) as title,
        max(s.category) as category,
        sum(case when s.paid_amount > 0 then s.paid_amount else 0 end) as gmv,
        sum(case when s.paid_amount < 0 then -s.paid_amount else coalesce(s.refund_amount, 0) end) as refunds,
        sum(case when s.paid_amount > 0 then coalesce(s.quantity, 0) else 0 end) as units,
        sum(case when s.paid_amount > 0 and s.cost is not null then s.paid_amount end) as costed_sales,
        sum(case when s.paid_amount > 0 then s.cost end) as cost,
        count(distinct case when s.paid_amount > 0 then s.buyer_id end) as buyers,
        count(distinct case when s.paid_amount > 0 and f.first_day >= $start then s.buyer_id end) as new_buyers
    from sales_lines as s
    left join firsts as f on f.buyer_id = s.buyer_id
    where cast(s.paid_at as date) between $start and $end and s.sku <> ''
    group by s.sku
),

seen as (
    select
        coalesce(t.sku, n.sku, t.item_id, t.title) as sku,
        max(t.title) as title,
        sum(t.impressions) as impressions,
        sum(t.clicks) as clicks,
        sum(t.visitors) as visitors,
        sum(case when t.favourites is not null or t.cart_users is not null
            then coalesce(t.favourites, 0) + coalesce(t.cart_users, 0) end) as interested,
        sum(t.pay_buyers) as pay_buyers,
        sum(t.pay_amount) as pay_amount
    from traffic_daily as t
    left join names as n on n.item_id = t.item_id
    where t.level = 'item' and t.date between $start and $end
    group by coalesce(t.sku, n.sku, t.item_id, t.title)
),

promoted as (
    select
        coalesce(n.sku, a.item_id, a.title) as sku,
        max(a.title) as title,
        sum(a.cost) as ad_cost,
        sum(a.paid_amount) as ad_paid_amount
    from ad_rows as a
    left join names as n on n.item_id = a.item_id
    where a.date between $start and $end and coalesce(n.sku, a.item_id, a.title) is not null
    group by coalesce(n.sku, a.item_id, a.title)
),

every as (
    select sku from sold
    union
    select sku from seen
    union
    select sku from promoted
)

select
    e.sku,
    coalesce(k.title, nullif(s.title, ''), t.title, p.title, e.sku) as title,
    coalesce(nullif(s.category, ''), k.category) as category,
    s.gmv, s.refunds, s.units, s.costed_sales, s.cost, s.buyers, s.new_buyers,
    t.impressions, t.clicks, t.visitors, t.interested, t.pay_buyers, t.pay_amount,
    p.ad_cost, p.ad_paid_amount
from every as e
left join sold as s on s.sku = e.sku
left join seen as t on t.sku = e.sku
left join promoted as p on p.sku = e.sku
left join kinds as k on k.sku = e.sku
order by coalesce(s.gmv, 0) desc, e.sku
