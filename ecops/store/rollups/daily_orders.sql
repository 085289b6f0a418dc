-- How many of the orders placed on a day were paid? Each order once, where its first line (by line number) is.
-- Lines that take goods back (amounts below zero) place no order.
with order_parts as (
    select
        platform, shop, order_id,
        cast(ordered_at as date) as date,
        channel, device, province,
        min(line_id) as first_line,
        max(case when paid_at is not null then 1 else 0 end) as paid
    from sales_lines
    where ordered_at is not null and coalesce(paid_amount, 0) >= 0
    group by platform, shop, order_id, cast(ordered_at as date), channel, device, province
),

ranked as (
    select
        date, platform, shop, channel, device, province,
        row_number() over (
            partition by platform, shop, order_id
            order by first_line, date, channel, device, province
        ) as position,
        max(paid) over (partition by platform, shop, order_id) as paid
    from order_parts
)

select
    date, platform, shop, channel, device, province,
    count(*) as placed_orders,
    cast(sum(paid) as bigint) as paid_orders
from ranked
where position = 1
group by date, platform, shop, channel, device, province
order by date, platform, shop, channel, device, province
