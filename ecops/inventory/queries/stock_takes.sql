-- Where people counted, how far was what the system says from what was there? In these days, by warehouse and product.
select
    cast(date as date) as date,
    coalesce(warehouse, '') as warehouse,
    sku,
    cast(coalesce(on_hand, 0) as double) as on_hand,
    cast(counted as double) as counted,
    cast(cost as double) as cost
from inventory_snapshots
where sku is not null and counted is not null and cast(date as date) between cast($start as date) and cast($until as date)
order by date, warehouse, sku
