-- What did each bought search word cost and bring?
select
    platform, keyword,
    sum(cost) as cost,
    sum(clicks) as clicks,
    sum(paid_amount) as money,
    sum(paid_amount) / nullif(sum(cost), 0) as roi,
    sum(cost) / nullif(sum(clicks), 0) as click_price
from ad_keywords_daily
where date between $start and $end and keyword is not null and cost > 0
group by platform, keyword
order by cost desc, keyword
