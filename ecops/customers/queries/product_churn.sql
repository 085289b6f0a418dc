-- Of those who bought each product before $middle, who stayed away after it, and what do the product's reviews say?
-- Only products that somebody reviewed and the shop sells; `complaint` is the newest bad review in its own words.
with reviewed as (
    select
        sku,
        count(*) as reviews,
        sum(case when coalesce(not positive, stars <= 2) then 1 else 0 end) as bad,
        max_by(text, concat(date, text)) filter (where coalesce(not positive, stars <= 2)) as complaint
    from reviews
    where coalesce(sku, '') <> '' and (positive is not null or stars is not null) and (date is null or date < $after)
    group by sku
),

sales as (
    select buyer_id, sku, paid_at
    from sold_lines
    where paid_amount > 0 and coalesce(buyer_id, '') <> '' and paid_at >= $begin and paid_at < $after
),

people as (
    select buyer_id, case when max(paid_at) < $middle then 1 else 0 end as gone
    from sales
    group by buyer_id
    having min(paid_at) < $middle
),

bought as (
    select distinct s.buyer_id, s.sku
    from sales as s
    inner join reviewed as r on r.sku = s.sku
    where s.paid_at < $middle
)

select
    b.sku,
    count(*) as buyers,
    cast(sum(p.gone) as bigint) as gone,
    (select count(*) from people) as everybody,
    (select cast(sum(gone) as bigint) from people) as everybody_gone,
    max(r.reviews) as reviews,
    cast(max(r.bad) as bigint) as bad,
    coalesce(max(r.complaint), '') as complaint
from bought as b
inner join people as p on p.buyer_id = b.buyer_id
inner join reviewed as r on r.sku = b.sku
group by b.sku
order by b.sku
