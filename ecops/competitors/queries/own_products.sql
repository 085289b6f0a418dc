-- What do we sell: code, name and cost of a product, and its sales of the last weeks?
select
    p.sku,
    p.title,
    cast(p.cost as double) as cost,
    cast(p.price as double) as price,
    coalesce(s.gross_sales, 0) as sales,
    coalesce(s.units, 0) as units
from products as p
left join (
    select sku, sum(gross_sales) as gross_sales, sum(units) as units
    from daily_items
    where date between $start and $end
    group by sku
) as s on s.sku = p.sku
where p.sku is not null
order by p.sku
