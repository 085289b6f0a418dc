-- What did paid promotion cost and bring on each day?
select
    {by} date, platform, coalesce(shop, '') as shop,
    sum(cost) as ad_cost,
    sum(paid_amount) as ad_paid_amount,
    sum(clicks) as ad_clicks,
    sum(new_buyers) as ad_new_buyers
from ad_spend_daily
where date between $start and $end or date between $other_start and $other_end
group by all
