-- How much lies in each warehouse at its last count of each product?
select sku, warehouse, date, on_hand, available, reserved, on_order, cost
from (
    select
        sku,
        coalesce(warehouse, '') as warehouse,
        cast(date as date) as date,
        cast(coalesce(on_hand, 0) as double) as on_hand,
        cast(coalesce(available, on_hand - coalesce(reserved, 0), 0) as double) as available,
        cast(coalesce(reserved, 0) as double) as reserved,
        cast(coalesce(on_order, 0) + coalesce(on_the_way, 0) + coalesce(receiving, 0) as double) as on_order,
        cast(cost as double) as cost,
        row_number() over (partition by sku, coalesce(warehouse, '') order by date desc) as position
    from inventory_snapshots
    where sku is not null and cast(date as date) <= cast($until as date)
) as counted
where position = 1
order by sku, warehouse
