-- What stood on which shelf on which day?
select
    cast(date as date) as date, coalesce(platform, '') as platform, shop, sku, title, coalesce(brand, '') as brand,
    coalesce(model, '') as model, coalesce(gtin, '') as gtin, coalesce(category, '') as category, price_text, list_price,
    quantity, stock, rating, reviews, sales_30d, rank, keyword, cast(launched_on as date) as launched_on, parameters
from listings
where shop <> '' and sku <> ''
order by date, shop, sku, keyword
