-- Of those who were given a coupon or card, who ordered in the days after, by whether it was used?
-- The clock starts when it was used (scanned, redeemed), else when it was given out; only people whose days are over.
with given as (
    select
        campaign,
        customer_id,
        max(case when scanned_at is not null or redeemed_at is not null then 1 else 0 end) as used,
        min(coalesce(redeemed_at, scanned_at, issued_at)) as since
    from coupon_redemptions
    where customer_id <> '' and coalesce(redeemed_at, scanned_at, issued_at) is not null
    group by campaign, customer_id
),

orders as (
    select distinct buyer_id, cast(paid_at as date) as day
    from sold_lines
    where paid_at is not null and paid_amount > 0 and buyer_id <> ''
)

select
    g.campaign,
    g.used,
    count(distinct g.customer_id) as people,
    count(distinct case when o.buyer_id is not null then g.customer_id end) as again
from given as g
left join orders as o
    on o.buyer_id = g.customer_id and o.day > g.since and date_diff('day', g.since, o.day) <= $days
where date_diff('day', g.since, cast($end as date)) >= $days
group by g.campaign, g.used
order by g.campaign, g.used
