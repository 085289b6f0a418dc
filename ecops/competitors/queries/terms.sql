-- What does the market search for, how hard is it to be found?
select
    cast(date as date) as date, coalesce(platform, '') as platform, keyword, category, rank, search_index, click_index,
    conversion_index, searches, click_rate, conversion_rate, products, growth, head_click_share
from search_terms
where keyword <> ''
order by date, keyword
