-- How many units are promised to buyers who paid a deposit and whose balance is still open?
select
    sku,
    cast(sum(coalesce(deposits, 0) - coalesce(paid_units, 0) - coalesce(expired_units, 0)) as double) as committed
from presale_deposits
where sku is not null and cast(date as date) <= cast($until as date)
group by sku
having sum(coalesce(deposits, 0) - coalesce(paid_units, 0) - coalesce(expired_units, 0)) > 0
order by sku
