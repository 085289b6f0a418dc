-- Which parts of the shop have traffic: platform, shop, source and device, as far as the reports tell them apart?
select distinct
    platform, coalesce(shop, '') as shop, coalesce(channel, '') as channel, coalesce(device, '') as device
from traffic_daily
where date between $start and $end and level in ('shop', 'source')
