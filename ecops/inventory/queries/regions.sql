-- Where and in which quarter of the year was each category bought, in the last year? One line is one decision of a buyer.
select
    coalesce(nullif(l.category, ''), p.category, '') as category,
    l.province as region,
    cast(extract(quarter from l.paid_at) as integer) as quarter,
    count(*) as lines,
    cast(sum(coalesce(l.quantity, 0)) as double) as units
from sold_lines as l
left join (
    select sku, max(category) as category
    from products
    where category is not null
    group by sku
) as p on p.sku = l.sku
where l.paid_at is not null and coalesce(l.paid_amount, 0) > 0 and l.sku <> ''
    and cast(l.paid_at as date) between cast($start as date) and cast($until as date)
group by
    coalesce(nullif(l.category, ''), p.category, ''), l.province, cast(extract(quarter from l.paid_at) as integer)
order by category, region, quarter
