-- What does the platform show of rivals, as index values?
select
    cast(date as date) as date, coalesce(platform, '') as platform, coalesce(report, '') as report, shop,
    coalesce(sku, '') as sku, title, brand, category, rank, trade_index, traffic_index, buyer_index, conversion_index,
    search_index, favourite_index, cart_index, unit_index, trade_growth
from rival_indices
where shop <> ''
order by date, report, shop, sku
