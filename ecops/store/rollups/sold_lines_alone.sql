-- What was sold, without what the goods cost, where there is no table of orders and no line of an ERP: then `sales_lines`
-- joins nothing but costs, and without them only the columns that are asked for are read.
select
    coalesce(platform, '') as platform,
    coalesce(shop, '') as shop,
    coalesce(order_id, '') as order_id,
    coalesce(line_id, '') as line_id,
    buyer_id,
    ordered_at,
    paid_at,
    coalesce(status, '') as status,
    coalesce(sku, '') as sku,
    coalesce(item_id, '') as item_id,
    coalesce(title, '') as title,
    coalesce(category, '') as category,
    quantity,
    paid_amount,
    case when paid_amount is not null then refund_amount end as refund_amount,
    discount,
    freight,
    coalesce(channel, '') as channel,
    coalesce(device, '') as device,
    coalesce(province, '') as province
from order_lines
