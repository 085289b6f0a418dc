-- By which codes are our own products known?
select sku as code
from products
where sku <> ''
union
select item_id as code
from products
where item_id <> ''
union
select sku as code
from order_lines
where sku <> ''
union
select item_id as code
from order_lines
where item_id <> ''
order by code
