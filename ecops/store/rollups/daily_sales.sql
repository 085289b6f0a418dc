-- How much was sold, by the day and hour of payment and by where it came from?
-- gross_sales: amounts of paid lines above zero. refunds (positive): what was refunded of them, and lines below zero.
-- costed_sales: gross sales less refunds of the lines whose cost is known; only they can say what is left after it.
-- units: on lines with gross sales. orders: with gross sales, each counted once, where its first line (by line number) is.
with order_parts as (
    select
        platform, shop, order_id,
        cast(paid_at as date) as date,
        cast(extract(hour from paid_at) as integer) as hour,
        channel, device, province,
        min(line_id) as first_line
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
        ) as position
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
        cast(0 as bigint) as orders
    from sales_lines
    where paid_at is not null
    group by
        cast(paid_at as date), cast(extract(hour from paid_at) as integer), platform, shop, channel, device, province
    union all
    select
        date, hour, platform, shop, channel, device, province,
        0 as gross_sales, 0 as refunds, 0 as discount, 0 as freight, 0 as cost, 0 as costed_sales, 0 as units,
        count(*) as orders
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
    cast(sum(orders) as bigint) as orders
from summed
group by date, hour, platform, shop, channel, device, province
order by date, hour, platform, shop, channel, device, province
