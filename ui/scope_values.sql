-- Which values does each dimension of the scope have, most sales first?
select dimension, value
from (
    select 'platform' as dimension, platform as value, sum(gross_sales) as sales from daily_sales group by platform
    union all
    select 'shop', shop, sum(gross_sales) from daily_sales group by shop
    union all
    select 'channel', channel, sum(gross_sales) from daily_sales group by channel
    union all
    select 'device', device, sum(gross_sales) from daily_sales group by device
    union all
    select 'province', province, sum(gross_sales) from daily_sales group by province
) as split
where value <> ''
order by dimension, sales desc, value
