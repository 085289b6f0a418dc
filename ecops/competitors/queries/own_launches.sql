-- When did each product of ours come out, as the list of products says it?
select sku, title, cast(listed_on as date) as listed_on
from products
where sku <> ''
order by sku
