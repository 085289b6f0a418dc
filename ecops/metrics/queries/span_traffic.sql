-- From when to when does each shop have traffic figures?
select platform, coalesce(shop, '') as shop, min(date) as first_day, max(date) as last_day
from traffic_daily
where level in ('shop', 'source')
group by all
order by platform, shop
