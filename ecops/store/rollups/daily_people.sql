-- How many different people paid on each day, in each shop and in each part of it along one dimension?
-- split: the dimension, '' for the shop as a whole; value: the part. Sums over days, shops or parts count people twice.
select
    date, platform, shop,
    case
        when grouping(channel) = 0 then 'channel'
        when grouping(device) = 0 then 'device'
        when grouping(province) = 0 then 'province'
        else ''
    end as split,
    coalesce(channel, device, province, '') as value,
    count(distinct buyer) as buyers
from daily_buyers
group by grouping sets (
    (date, platform, shop),
    (date, platform, shop, channel),
    (date, platform, shop, device),
    (date, platform, shop, province)
)
order by split, date, platform, shop, value
