-- Who paid, by day and by where it came from? One row a buyer, day and place: count(distinct buyer) for any period.
-- buyer: a whole number made from buyer_id, which counts much faster; among ten million people the chance that any two
-- share one is below one in 100,000. previous_date: the last day before this one on which the buyer paid, anywhere in
-- the shop.
with buyer_days as (
    select distinct
        cast(paid_at as date) as date,
        platform, shop, channel, device, province,
        hash(buyer_id) as buyer
    from sales_lines
    where paid_at is not null and paid_amount > 0 and buyer_id is not null
)

select
    date, platform, shop, channel, device, province, buyer,
    max(date) over (
        partition by buyer order by date
        range between unbounded preceding and interval 1 day preceding
    ) as previous_date
from buyer_days
order by date
