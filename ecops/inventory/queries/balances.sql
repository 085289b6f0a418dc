-- From which day on could each campaign's balances be paid, and how many units were?
select
    sku,
    min(cast(balance_from as date)) as balance_from,
    cast(sum(coalesce(paid_units, 0)) as double) as paid
from presale_deposits
where sku is not null and balance_from is not null and cast(date as date) <= cast($until as date)
group by sku, campaign
having sum(coalesce(paid_units, 0)) > 0
order by sku, balance_from
