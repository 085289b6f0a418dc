-- What did we sell of each product on each day, and what was paid on average? Days of little goods given away have no price.
select sku, date, sum(units) as units, sum(gross_sales) / sum(units) as price
from daily_items
where sku <> ''
group by sku, date
having sum(units) > 0 and sum(gross_sales) > 0
order by sku, date
