-- How much of each product was there at each count, over all warehouses?
select
    cast(date as date) as date,
    sku,
    cast(sum(coalesce(on_hand, 0)) as double) as on_hand,
    cast(min(out_of_stock_hours) as double) as hours_out
from inventory_snapshots
where sku is not null and cast(date as date) <= cast($until as date)
group by cast(date as date), sku
order by date, sku
