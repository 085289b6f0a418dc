-- How many units of each product did customers ask for on each day, and how many came back?
-- A line that takes back exactly what the same buyer bought on the same day was a cancellation: neither counts. Units of
-- lines that were refunded in full came back; those given away (amount 0) were not asked for.
with paid as (
    select
        cast(paid_at as date) as date,
        sku,
        coalesce(cast(buyer_id as varchar), '') as buyer,
        abs(coalesce(quantity, 0)) as quantity,
        case when coalesce(quantity, 0) < 0 or paid_amount < 0 then 1 else 0 end as back,
        coalesce(paid_amount, 0) as amount,
        case
            when paid_amount > 0 and (coalesce(refund_amount, 0) >= 0.99 * paid_amount or status = 'refunded')
                then abs(coalesce(quantity, 0))
            else 0
        end as refunded
    from sales_lines
    where paid_at is not null and sku <> '' and cast(paid_at as date) <= cast($until as date)
        and (coalesce(quantity, 0) <> 0) and coalesce(paid_amount, 0) <> 0
),

-- Who bought matters only to products of which something was taken back.
lines as (
    select
        date, sku, quantity, back, amount, refunded,
        case when sku in (select sku from paid where back = 1) then buyer else '' end as buyer
    from paid
),

alike as (
    select
        date, sku, quantity,
        sum(case when back = 0 then 1 else 0 end) as bought,
        sum(case when back = 1 and buyer <> '' then 1 else 0 end) as taken_back,
        sum(case when back = 1 and buyer = '' then 1 else 0 end) as nobody_back,
        sum(case when back = 0 then amount else 0 end) as amount,
        sum(refunded) as refunded
    from lines
    group by date, sku, buyer, quantity
)

select
    date,
    sku,
    cast(sum(quantity * greatest(bought - taken_back, 0)) as double) as units,
    cast(sum(case when bought > 0 then amount * greatest(bought - taken_back, 0) / bought else 0 end) as double) as sales,
    cast(sum(refunded + quantity * (greatest(taken_back - bought, 0) + nobody_back)) as double) as returned
from alike
group by date, sku
order by date, sku
