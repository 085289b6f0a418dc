-- What do the products of presales cost, and how must they be ordered?
select
    sku,
    max(title) as title,
    cast(max(price) as double) as price,
    cast(max(cost) as double) as cost,
    cast(max(moq) as double) as moq,
    cast(max(pack_size) as double) as pack,
    cast(max(lead_time_days) as double) as lead_days
from products
where sku is not null
group by sku
order by sku
