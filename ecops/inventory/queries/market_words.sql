-- How much is each word searched now and before, and how many products wait for it? One unit for all words of a platform:
-- searches where the platform gives them, its index else.
with words as (
    select
        coalesce(platform, '') as platform,
        keyword,
        cast(date as date) as date,
        max(coalesce(category, '')) as category,
        cast(max(searches) as double) as searches,
        cast(max(search_index) as double) as search_index,
        cast(max(growth) as double) as growth,
        cast(max(products) as double) as products,
        cast(max(head_click_share) as double) as head_click_share
    from search_terms
    where coalesce(keyword, '') <> '' and date is not null and cast(date as date) <= cast($until as date)
    group by coalesce(platform, ''), keyword, cast(date as date)
),

placed as (
    select
        *,
        lag(searches) over (partition by platform, keyword order by date) as searches_before,
        lag(search_index) over (partition by platform, keyword order by date) as index_before,
        row_number() over (partition by platform, keyword order by date desc) as place
    from words
)

select
    platform, keyword, category, date, searches, search_index, products, head_click_share,
    coalesce(growth, searches / nullif(searches_before, 0) - 1, search_index / nullif(index_before, 0) - 1) as growth
from placed
where place = 1
order by platform, keyword
