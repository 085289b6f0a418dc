-- What is each product, what does it cost, how must it be ordered?
select
    sku, title, category, supplier,
    cast(price as double) as price,
    cast(cost as double) as cost,
    cast(moq as double) as moq,
    cast(pack_size as double) as pack_size,
    cast(lead_time_days as double) as lead_time_days,
    cast(review_days as double) as review_days,
    cast(holding_rate as double) as holding_rate,
    cast(order_cost as double) as order_cost,
    cast(listed_on as date) as listed_on,
    active,
    item_id, brand, model, gtin, spec, list_price
from products
where sku is not null
order by sku
