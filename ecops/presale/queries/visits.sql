-- How many visitors came to each product on each day, by the platforms' own product reports?
select
    coalesce(nullif(sku, ''), item_id) as sku,
    cast(date as date) as date,
    cast(sum(visitors) as double) as visitors
from traffic_daily
where level = 'item' and cast(date as date) between cast($start as date) and cast($until as date)
    and coalesce(nullif(sku, ''), item_id) in (select sku from presale_deposits)
group by coalesce(nullif(sku, ''), item_id), cast(date as date)
order by sku, date
