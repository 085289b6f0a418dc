-- Under which names do we sell ourselves?
select distinct platform, shop
from traffic_daily
where shop <> ''
union
select distinct platform, shop
from order_lines
where shop <> ''
order by platform, shop
