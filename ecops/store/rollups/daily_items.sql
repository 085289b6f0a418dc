-- Which products were sold on which day? By the day of payment; amounts and units as in daily_sales.
-- orders: with gross sales of this product; an order with several products counts for each of them.
with order_items as (
    select
        cast(paid_at as date) as date,
        platform, shop, sku, title, category, order_id,
        sum(case when paid_amount > 0 then paid_amount else 0 end) as gross_sales,
        sum(case when paid_amount < 0 then -paid_amount else coalesce(refund_amount, 0) end) as refunds,
        sum(case when paid_amount > 0 then coalesce(quantity, 0) else 0 end) as units
    from sales_lines
    where paid_at is not null
    group by cast(paid_at as date), platform, shop, sku, title, category, order_id
)

select
    date, platform, shop, sku, title, category,
    round(cast(sum(gross_sales) as double), 6) as gross_sales,
    round(cast(sum(refunds) as double), 6) as refunds,
    round(cast(sum(units) as double), 6) as units,
    cast(sum(case when gross_sales > 0 then 1 else 0 end) as bigint) as orders
from order_items
group by date, platform, shop, sku, title, category
order by date, platform, shop, sku, title, category
