-- How many ordered units are promised by a day and have not come yet? What is past its promised day counts as nothing.
select sku, cast(sum(missing) as double) as units
from (
    select
        po_id,
        sku,
        max(coalesce(quantity, 0)) - sum(
            case when received_on is null then 0 else coalesce(received_quantity, quantity, 0) end
        ) as missing,
        max(cast(promised_on as date)) as promised_on
    from purchase_orders
    where sku is not null and coalesce(status, '') not in ('cancelled', 'received')
        and cast(ordered_on as date) <= cast($today as date)
    group by po_id, sku
) as orders
where missing > 0 and promised_on between cast($today as date) and cast($by as date)
group by sku
order by sku
