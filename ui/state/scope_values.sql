-- Which values does each dimension of the scope have, most sales first?
with parts as materialized (
    select platform, shop, channel, device, province, sum(gross_sales) as sales
    from daily_sales
    group by all
)

select dimension, value
from (
    select 'platform' as dimension, platform as value, sum(sales) as sales from parts group by platform
    union all
    select 'shop', shop, sum(sales) from parts group by shop
    union all
    select 'channel', channel, sum(sales) from parts group by channel
    union all
    select 'device', device, sum(sales) from parts group by device
    union all
    select 'province', province, sum(sales) from parts group by province
) as split
where value <> ''
order by dimension, sales desc, value
