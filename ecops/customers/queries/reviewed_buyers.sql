-- Who bought the products that most reviews are about, and what do these say? One row a buyer and product.
with reviewed as (
    select
        sku,
        count(*) as reviews,
        sum(case when coalesce(not positive, stars <= 2) then 1 else 0 end) as bad,
        max_by(text, concat(date, text)) filter (where coalesce(not positive, stars <= 2)) as complaint,
        max_by(text, concat(date, text)) filter (where coalesce(positive, stars >= 4)) as praise
    from reviews
    where coalesce(sku, '') <> '' and (positive is not null or stars is not null) and (date is null or date < $after)
    group by sku
),

sold as (
    select distinct sku
    from sold_lines
    where sku <> ''
),

most as (
    select r.sku, r.reviews, r.bad, r.complaint, r.praise
    from reviewed as r
    inner join sold as s on s.sku = r.sku
    order by r.reviews desc, r.sku
    limit 50
)

select distinct
    l.buyer_id, l.sku,
    m.reviews,
    cast(m.bad as bigint) as bad,
    coalesce(m.complaint, '') as complaint,
    coalesce(m.praise, '') as praise
from sold_lines as l
inner join most as m on m.sku = l.sku
where l.paid_amount > 0 and coalesce(l.buyer_id, '') <> '' and l.paid_at >= $begin and l.paid_at < $after
order by l.sku, l.buyer_id
