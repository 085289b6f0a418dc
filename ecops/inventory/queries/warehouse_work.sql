-- How many orders did each warehouse pick in how many hours, and how many parcels were of a wrong weight?
-- Orders count where their hours are told.
select
    coalesce(warehouse, '') as warehouse,
    cast(sum(case when picking_hours > 0 then coalesce(picked_orders, 0) else 0 end) as double) as picked,
    cast(sum(case when picked_orders is not null then coalesce(picking_hours, 0) else 0 end) as double) as hours,
    cast(sum(case when weight_off is not null then coalesce(weighed, 0) else 0 end) as double) as weighed,
    cast(sum(case when weighed is not null then coalesce(weight_off, 0) else 0 end) as double) as weight_off
from warehouse_daily
where cast(date as date) between cast($start as date) and cast($until as date)
group by coalesce(warehouse, '')
order by warehouse
