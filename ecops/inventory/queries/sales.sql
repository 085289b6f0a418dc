-- How many units of each product did customers ask for on each day, and how many came back?
-- A line that takes back exactly what the same buyer bought on the same day was a cancellation: neither counts. Units of
-- lines that were refunded in full came back; those given away (amount 0) were not asked for.
with paid as (
    select
        cast(paid_at as date) as date,
        sku,
        coalesce(cast(buyer_id as varchar), '') as buyer,
        abs(quantity) as quantity,
        case when quantity < 0 or paid_amount < 0 then 1 else 0 end as back,
        paid_amount as amount,
        case
            when paid_amount > 0 and (coalesce(refund_amount, 0) >= 0.99 * paid_amount or status = 'refunded')
                then abs(quantity)
            else 0
        end as refunded
    from sold_lines
    where paid_at is not null and sku <> '' and cast(paid_at as date) <= cast($until as date)
        and quantity <> 0 and paid_amount <> 0
),

-- Who bought matters only where something was taken back.
taken as (
    select date, sku, buyer, quantity, count(*) as times
    from paid
    where back = 1
    group by date, sku, buyer, quantity
),

matched as (
    select
        t.date, t.sku, t.quantity, t.times,
        count(p.sku) as bought,
        coalesce(sum(p.amount), 0) as amount
    from taken as t
    left join paid as p
        on p.date = t.date and p.sku = t.sku and p.buyer = t.buyer and p.quantity = t.quantity
        and p.back = 0 and t.buyer <> ''
    group by t.date, t.sku, t.buyer, t.quantity, t.times
),

parts as (
    select date, sku, quantity as units, amount as sales, refunded as returned
    from paid
    where back = 0
    union all
    select
        date,
        sku,
        -quantity * least(bought, times) as units,
        case when bought > 0 then -amount * least(bought, times) / bought else 0 end as sales,
        quantity * greatest(times - bought, 0) as returned
    from matched
)

select
    date,
    sku,
    cast(sum(units) as double) as units,
    cast(sum(sales) as double) as sales,
    cast(sum(returned) as double) as returned
from parts
group by date, sku
