-- What did paid promotion cost and bring on each day?
-- selling_cost, new_buyer_cost: what the tools cost that say how much they sold, how many new buyers they won; only
-- these can be set against it. A tool that says it at all means nothing where it leaves the cell empty.
with tools as (
    select
        platform, coalesce(tool, '') as tool,
        count(paid_amount) > 0 as tells_sales,
        count(new_buyers) > 0 as tells_buyers
    from ad_rows
    group by platform, coalesce(tool, '')
)

select
    {by} date, a.platform, coalesce(shop, '') as shop,
    sum(cost) as ad_cost,
    sum(paid_amount) as ad_paid_amount,
    sum(clicks) as ad_clicks,
    sum(new_buyers) as ad_new_buyers,
    sum(case when t.tells_sales then cost end) as selling_cost,
    sum(case when t.tells_buyers then cost end) as new_buyer_cost
from ad_rows as a
inner join tools as t on t.platform = a.platform and t.tool = coalesce(a.tool, '')
where date between $start and $end or date between $other_start and $other_end
group by all
