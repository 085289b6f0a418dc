-- What is each product, what does it cost by the day looked at, how must it be ordered?
with latest as (
    select sku, cost
    from (
        select
            sku, cast(cost as double) as cost,
            row_number() over (partition by sku order by valid_from desc, cost desc) as place
        from cost_history
        where cost is not null and valid_from <= cast($until as date)
    ) as ordered
    where place = 1
)

select
    p.sku, title, category, supplier,
    cast(price as double) as price,
    coalesce(h.cost, cast(p.cost as double)) as cost,
    cast(moq as double) as moq,
    cast(pack_size as double) as pack_size,
    cast(lead_time_days as double) as lead_time_days,
    cast(review_days as double) as review_days,
    cast(holding_rate as double) as holding_rate,
    cast(order_cost as double) as order_cost,
    cast(listed_on as date) as listed_on,
    active,
    item_id, brand, model, gtin, spec, list_price
from products as p
left join latest as h on h.sku = p.sku
where p.sku is not null
order by p.sku
