-- What did paid promotion cost and bring on each day?
-- new_buyer_cost: what the tools cost that say how many new buyers they won; only it can be divided by them.
select
    {by} date, platform, coalesce(shop, '') as shop,
    sum(cost) as ad_cost,
    sum(paid_amount) as ad_paid_amount,
    sum(clicks) as ad_clicks,
    sum(new_buyers) as ad_new_buyers,
    sum(case when new_buyers is not null then cost end) as new_buyer_cost
from ad_spend_daily
where date between $start and $end or date between $other_start and $other_end
group by all
