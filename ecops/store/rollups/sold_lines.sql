-- What was sold, without what the goods cost: what `sales_lines` says but for that.
select
    platform, shop, order_id, line_id, buyer_id, ordered_at, paid_at, status, sku, item_id, title, category, quantity,
    paid_amount, refund_amount, discount, freight, channel, device, province
from sales_lines
