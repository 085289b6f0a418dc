-- How much was sold, by the day and hour of payment and by where it came from?
-- gross_sales: amounts of paid lines above zero. refunds (positive): what was refunded of them, and lines below zero.
-- costed_sales: gross sales less refunds of the lines whose cost is known; only they can say what is left after it.
-- units: on lines with gross sales. orders: with gross sales, each counted once, where its first line (by line number) is.
-- buyer_orders, buyer_sales: those of them whose buyer is named; only they can be divided by buyers.
with order_parts as (
    select
        platform, shop, order_id,
        cast(paid_at as date) as date,
        cast(extract(hour from paid_at) as integer) as hour,
        channel, device, province,
        min(line_id) as first_line,
        count(buyer_id) > 0 as named
    from sales_lines
    where paid_at is not null and paid_amount > 0
    group by
        platform, shop, order_id, cast(paid_at as date), cast(extract(hour from paid_at) as integer),
        channel, device, province
),

ranked as (
    select
        *,
        row_number() over (
            partition by platform, shop, order_id
            order by first_line, date, hour, channel, device, province
        ) as position,
        bool_or(named) over (partition by platform, shop, order_id) as buyer_named
    from order_parts
),

summed as (
    select
        cast(paid_at as date) as date,
        cast(extract(hour from paid_at) as integer) as hour,
        platform, shop, channel, device, province,
        sum(case when paid_amount > 0 then paid_amount else 0 end) as gross_sales,
        sum(case when paid_amount < 0 then -paid_amount else coalesce(refund_amount, 0) end) as refunds,
        sum(coalesce(discount, 0)) as discount,
        sum(coalesce(freight, 0)) as freight,
        sum(coalesce(cost, 0)) as cost,
        sum(
            case
                when cost is null then 0
                when paid_amount < 0 then paid_amount
                else coalesce(paid_amount, 0) - coalesce(refund_amount, 0)
            end
        ) as costed_sales,
        sum(case when paid_amount > 0 then coalesce(quantity, 0) else 0 end) as units,
        sum(case when paid_amount > 0 and buyer_id is not null then paid_amount else 0 end) as buyer_sales,
        cast(0 as bigint) as orders,
        cast(0 as bigint) as buyer_orders
    from sales_lines
    where paid_at is not null
    group by
        cast(paid_at as date), cast(extract(hour from paid_at) as integer), platform, shop, channel, device, province
    union all
    select
        date, hour, platform, shop, channel, device, province,
        0 as gross_sales, 0 as refunds, 0 as discount, 0 as freight, 0 as cost, 0 as costed_sales, 0 as units,
        0 as buyer_sales,
        count(*) as orders,
        count(case when buyer_named then 1 end) as buyer_orders
    from ranked
    where position = 1
    group by date, hour, platform, shop, channel, device, province
)

-- Rounded far below a cent, so that the order in which rows are added leaves no trace.
select
    date, hour, platform, shop, channel, device, province,
    round(cast(sum(gross_sales) as double), 6) as gross_sales,
    round(cast(sum(refunds) as double), 6) as refunds,
    round(cast(sum(discount) as double), 6) as discount,
    round(cast(sum(freight) as double), 6) as freight,
    round(cast(sum(cost) as double), 6) as cost,
    round(cast(sum(costed_sales) as double), 6) as costed_sales,
    round(cast(sum(units) as double), 6) as units,
    round(cast(sum(buyer_sales) as double), 6) as buyer_sales,
    cast(sum(orders) as bigint) as orders,
    cast(sum(buyer_orders) as bigint) as buyer_orders
from summed
group by date, hour, platform, shop, channel, device, province
order by date, hour, platform, shop, channel, device, province
