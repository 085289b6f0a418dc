-- Which orders do cancellations under a number of their own take back, and how much of them? A cancelling line takes the
-- oldest open line of the same buyer, product, quantity and amount before it. `matched` is what is taken from an order,
-- `taken` what a cancellation has found so; numbers as in `lines.sql`. Only the lines of $buyers, who have such
-- cancellations, are looked at.
with lines as materialized (
    select
        hash(platform, shop, order_id, buyer_id) as number,
        platform, shop, order_id, line_id, buyer_id,
        lower(sku) as sku,
        paid_at,
        abs(quantity) as units,
        paid_amount as amount,
        coalesce(refund_amount, 0) as refund
    from sold_lines
    where buyer_id in (select unnest($buyers))
        and paid_at < $after
        and (len($dropped) = 0 or not list_contains($dropped, lower(sku)))
),

loose as (
    select * from lines
    where amount < 0 and sku <> '' and units is not null
        and number not in (select l.number from lines as l where l.amount > 0)
),

wanted as (
    select distinct platform, shop, buyer_id, sku, units, -amount as amount from loose
),

twins as (
    select number, platform, shop, order_id, line_id, buyer_id, sku, paid_at, units, amount from loose
    union all
    select l.number, l.platform, l.shop, l.order_id, l.line_id, l.buyer_id, l.sku, l.paid_at, l.units, l.amount
    from lines as l
    inner join wanted as w
        on w.platform = l.platform and w.shop = l.shop and w.buyer_id = l.buyer_id and w.sku = l.sku
        and w.units = l.units and w.amount = l.amount
    where l.amount > 0 and l.refund = 0
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
    select r.number, s.number as sale, s.amount
    from closed as r
    inner join closed as s
        on s.platform = r.platform and s.shop = r.shop and s.buyer_id = r.buyer_id and s.sku = r.sku
        and s.amount = -r.amount and s.units = r.units and s.sales = r.returns - r.more and s.amount > 0
    where r.amount < 0 and not r.unmatched
)

select number, cast(sum(matched) as double) as matched, cast(sum(taken) as double) as taken
from (
    select sale as number, amount as matched, 0 as taken from pairs
    union all
    select number, 0 as matched, amount as taken from pairs
) as both_sides
group by number
order by number
