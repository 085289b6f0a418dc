-- What did buyers write, of us and of others?
select
    coalesce(platform, '') as platform, coalesce(shop, '') as shop, coalesce(sku, '') as sku,
    coalesce(category, '') as category, cast(date as date) as date, stars, positive, text, coalesce(reply, '') as reply
from reviews
where text <> ''
order by platform, shop, date, review_id, text
