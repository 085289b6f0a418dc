-- Which values does each dimension of the scope have, most sales first?
select dimension, value
from (
    select 'platform' as dimension, platform as value, sum(gross_sales) as sales from daily_sales group by platform
    union all
    select 'shop', shop, sum(gross_sales) from daily_sales group by shop
    union all
    select 'channel', channel, sum(gross_sales) from daily_sales group by channel
) as split
where value <> ''
order by dimension, sales desc, value
