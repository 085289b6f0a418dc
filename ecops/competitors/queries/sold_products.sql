-- What did we sell of each product in the last weeks, where there is no list of products?
select sku, max(title) as title, sum(gross_sales) as sales, sum(units) as units
from daily_items
where date between $start and $end and sku <> ''
group by sku
order by sku
