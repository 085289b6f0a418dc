-- What did advertising cost and bring, each spend once?
-- Reports that count sales within several days of the click repeat the spend for each of these windows: the longest one
-- of a row is kept. A campaign that one report gives as a whole and another by promoted thing counts by thing.
with longest as (
    select
        date, platform, coalesce(shop, '') as shop, coalesce(tool, '') as tool, coalesce(campaign, '') as campaign,
        coalesce(item_id, '') as item_id, coalesce(title, '') as title,
        max(coalesce(window_days, 0)) as window_days
    from ad_spend_daily
    group by
        date, platform, coalesce(shop, ''), coalesce(tool, ''), coalesce(campaign, ''), coalesce(item_id, ''),
        coalesce(title, '')
),

by_thing as (
    select distinct date, platform, coalesce(shop, '') as shop, campaign
    from ad_spend_daily
    where coalesce(campaign, '') <> '' and (coalesce(item_id, '') <> '' or coalesce(title, '') <> '')
)

select a.*
from ad_spend_daily as a
inner join longest as l
    on l.date = a.date and l.platform = a.platform and l.shop = coalesce(a.shop, '')
    and l.tool = coalesce(a.tool, '') and l.campaign = coalesce(a.campaign, '')
    and l.item_id = coalesce(a.item_id, '') and l.title = coalesce(a.title, '')
    and l.window_days = coalesce(a.window_days, 0)
left join by_thing as t
    on t.date = a.date and t.platform = a.platform and t.shop = coalesce(a.shop, '') and t.campaign = a.campaign
where t.campaign is null or coalesce(a.item_id, '') <> '' or coalesce(a.title, '') <> ''
