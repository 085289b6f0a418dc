-- What was sold, line by line, with just what an order book needs. Lines with one `number` are one order of one buyer.
-- The refund of a product that does not count is not a number: a column of flags would cost more than it tells.
select
    hash(platform, shop, order_id, buyer_id) as number,
    buyer_id,
    cast(paid_at as date) as day,
    paid_amount as amount,
    case
        when len($dropped) > 0 and list_contains($dropped, lower(sku)) then cast('nan' as double)
        else refund_amount
    end as refund
from sold_lines
