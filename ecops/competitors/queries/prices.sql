-- What did each product cost on each day, ours and rivals'?
select
    cast(date as date) as date, coalesce(platform, '') as platform, coalesce(shop, '') as shop, sku, title, price,
    list_price, promotion, units, in_stock
from price_history
where sku <> '' and price > 0
order by date, shop, sku
