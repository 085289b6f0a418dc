-- What was sold, line by line, with just what an order book needs. Lines with one `number` are one order of one buyer.
select
    hash(platform, shop, order_id, buyer_id) as number,
    buyer_id,
    cast(paid_at as date) as day,
    paid_amount as amount,
    refund_amount as refund,
    len($dropped) > 0 and list_contains($dropped, lower(sku)) as dropped
from sold_lines
