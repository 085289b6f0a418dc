-- How many units of each product could be sold at its last count, over all warehouses, and what does one cost?
select sku, cast(sum(available) as double) as available, cast(max(cost) as double) as cost
from (
    select
        sku,
        greatest(coalesce(available, on_hand - coalesce(reserved, 0), 0), 0) as available,
        cost,
        row_number() over (partition by sku, coalesce(warehouse, '') order by date desc) as position
    from inventory_snapshots
    where sku is not null and cast(date as date) <= cast($until as date)
) as counted
where position = 1
group by sku
order by sku
