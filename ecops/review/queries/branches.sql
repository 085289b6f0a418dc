-- What did new and returning customers and each category bring? A customer is new whose first payment of all that are
-- loaded lies in the period; a line without a category has that of its product.
with firsts as (
    select buyer_id, min(cast(paid_at as date)) as first_day
    from sales_lines
    where paid_at is not null and paid_amount > 0 and buyer_id is not null
    group by buyer_id
),

kinds as (
    select sku, max(category) as category
    from products
    where sku <> '' and category <> ''
    group by sku
),

sold as (
    select
        case when f.first_day >= $start then 'new' else 'returning' end as customers,
        coalesce(nullif(s.category, ''), k.category) as category,
        s.platform, s.order_id, s.buyer_id,
        case when s.paid_amount > 0 then s.paid_amount else 0 end as gmv,
        case when s.paid_amount < 0 then -s.paid_amount else coalesce(s.refund_amount, 0) end as refunds,
        case when s.paid_amount > 0 then coalesce(s.quantity, 0) else 0 end as units
    from sales_lines as s
    left join firsts as f on f.buyer_id = s.buyer_id
    left join kinds as k on k.sku = s.sku
    where cast(s.paid_at as date) between $start and $end
)

select
    'customers' as whose, customers as who,
    sum(gmv) as gmv, sum(refunds) as refunds, sum(units) as units,
    count(distinct case when gmv > 0 then concat(platform, ' ', order_id) end) as orders,
    count(distinct case when gmv > 0 then buyer_id end) as buyers
from sold
where buyer_id is not null
group by customers
union all
select
    'category' as whose, category as who,
    sum(gmv) as gmv, sum(refunds) as refunds, sum(units) as units,
    count(distinct case when gmv > 0 then concat(platform, ' ', order_id) end) as orders,
    count(distinct case when gmv > 0 then buyer_id end) as buyers
from sold
where category is not null
group by category
order by whose, gmv desc, who
