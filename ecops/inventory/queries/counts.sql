-- How much of each product was there at each count, over all warehouses?
select
    cast(date as date) as date,
    sku,
    cast(sum(coalesce(on_hand, 0)) as double) as on_hand,
    cast(sum(coalesce(available, on_hand - coalesce(reserved, 0), 0)) as double) as available,
    cast(sum(coalesce(reserved, 0)) as double) as reserved,
    cast(sum(coalesce(on_order, 0)) as double) as on_order,
    cast(min(out_of_stock_hours) as double) as hours_out,
    cast(max(cost) as double) as cost,
    max(title) as title,
    count(distinct warehouse) as warehouses
from inventory_snapshots
where sku is not null and cast(date as date) <= cast($until as date)
group by cast(date as date), sku
order by date, sku
