-- What was ordered from suppliers, when was it promised, when did it come, how much of it was faulty?
-- One row a product and receipt; an order that came in parts has several.
select
    po_id, sku, title, supplier,
    cast(ordered_on as date) as ordered_on,
    cast(promised_on as date) as promised_on,
    case when cast(received_on as date) <= cast($until as date) then cast(received_on as date) end as received_on,
    cast(coalesce(quantity, 0) as double) as quantity,
    -- An ERP's list of orders tells how much came, without the day.
    case
        when received_on is null or cast(received_on as date) <= cast($until as date)
            then cast(received_quantity as double)
    end as received_quantity,
    cast(defect_quantity as double) as defect_quantity,
    cast(inspected_quantity as double) as inspected_quantity,
    cast(unit_cost as double) as unit_cost,
    cast(declared_on as date) as declared_on,
    case when cast(cleared_on as date) <= cast($until as date) then cast(cleared_on as date) end as cleared_on,
    -- Seen from an earlier day, what came later was still on its way.
    case
        when status = 'received' and cast(received_on as date) > cast($until as date) then 'open'
        else coalesce(status, '')
    end as status
from purchase_orders
where sku is not null and ordered_on is not null and cast(ordered_on as date) <= cast($until as date)
order by po_id, sku, received_on
