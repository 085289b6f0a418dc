-- How many units of each product got a deposit on each day of each campaign, and what became of them?
select
    campaign,
    sku,
    cast(date as date) as date,
    max(title) as title,
    cast(sum(coalesce(deposits, 0)) as double) as deposits,
    cast(sum(paid_units) as double) as paid,
    cast(sum(expired_units) as double) as expired,
    cast(sum(spot_units) as double) as spot,
    cast(sum(cancelled_units) as double) as cancelled,
    cast(max(presale_price) as double) as price,
    min(cast(starts_on as date)) as starts_on,
    max(cast(ends_on as date)) as ends_on,
    min(cast(balance_from as date)) as balance_from
from presale_deposits
where sku is not null and sku <> '' and campaign is not null and date is not null
    and cast(date as date) <= cast($until as date)
group by campaign, sku, cast(date as date)
order by campaign, sku, date
