-- Which orders did each buyer place, and what is each worth once cancellations that stand under a number of their own
-- are put back to the order they cancel? A cancelling line takes the oldest open line of the same buyer, product,
-- quantity and amount before it. Rows with gross = 0 are what came back without such a line: money only.
with lines as (
    select
        platform, shop, order_id, line_id, buyer_id,
        lower(sku) as sku,
        paid_at,
        abs(quantity) as units,
        paid_amount as amount,
        coalesce(refund_amount, 0) as refund
    from sold_lines
    where paid_at is not null
        and paid_amount <> 0
        and buyer_id <> ''
        and paid_at < $after
        and (len($dropped) = 0 or not list_contains($dropped, lower(sku)))
),

orders as (
    select
        platform, shop, order_id,
        max(buyer_id) as buyer_id,
        min(cast(paid_at as date)) as day,
        sum(case when amount > 0 then amount else 0 end) as gross,
        sum(case when amount < 0 then -amount else refund end) as back
    from lines
    group by platform, shop, order_id
),

loose as (
    select l.*
    from lines as l
    inner join orders as o
        on o.platform = l.platform and o.shop = l.shop and o.order_id = l.order_id
    where l.amount < 0 and o.gross = 0
),

twins as (
    select platform, shop, order_id, line_id, buyer_id, sku, paid_at, units, amount from loose
    where sku <> '' and units is not null
    union all
    select l.platform, l.shop, l.order_id, l.line_id, l.buyer_id, l.sku, l.paid_at, l.units, l.amount
    from lines as l
    where l.amount > 0 and l.refund = 0 and exists (
        select 1 from loose as r
        where r.buyer_id = l.buyer_id and r.sku = l.sku and r.amount = -l.amount and r.units = l.units
            and r.platform = l.platform and r.shop = l.shop
    )
),

-- Walking through the twins in order of time; `more` is how many cancellations have found no open line so far.
counted as (
    select
        *,
        sum(case when amount > 0 then 1 else 0 end) over walk as sales,
        sum(case when amount < 0 then 1 else 0 end) over walk as returns
    from twins
    window walk as (
        partition by platform, shop, buyer_id, sku, abs(amount), units
        order by paid_at, amount desc, order_id, line_id rows between unbounded preceding and current row
    )
),

walked as (
    select
        *,
        greatest(0, max(returns - sales) over (
            partition by platform, shop, buyer_id, sku, abs(amount), units
            order by paid_at, amount desc, order_id, line_id rows between unbounded preceding and current row
        )) as more
    from counted
),

closed as (
    select
        *,
        more > coalesce(lag(more) over (
            partition by platform, shop, buyer_id, sku, abs(amount), units
            order by paid_at, amount desc, order_id, line_id
        ), 0) as unmatched
    from walked
),

pairs as (
    select
        r.platform, r.shop, r.order_id, r.line_id, -r.amount as amount,
        s.order_id as sale_order_id
    from closed as r
    inner join closed as s
        on s.platform = r.platform and s.shop = r.shop and s.buyer_id = r.buyer_id and s.sku = r.sku
        and s.amount = -r.amount and s.units = r.units and s.sales = r.returns - r.more and s.amount > 0
    where r.amount < 0 and not r.unmatched
),

put_back as (
    select platform, shop, sale_order_id as order_id, sum(amount) as matched
    from pairs
    group by platform, shop, sale_order_id
),

taken as (
    select platform, shop, order_id, sum(amount) as taken
    from pairs
    group by platform, shop, order_id
)

select
    o.buyer_id,
    cast(date_diff('day', date '1970-01-01', o.day) as integer) as day,
    cast(o.gross as double) as gross,
    cast(case when o.gross > 0 then o.back else o.back - coalesce(t.taken, 0) end as double) as back,
    cast(coalesce(p.matched, 0) as double) as matched
from orders as o
left join put_back as p
    on p.platform = o.platform and p.shop = o.shop and p.order_id = o.order_id
left join taken as t
    on t.platform = o.platform and t.shop = o.shop and t.order_id = o.order_id
