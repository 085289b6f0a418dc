-- Who paid, by day and by where it came from? One row a buyer, day and place: count(distinct buyer_id) for any period.
select distinct
    cast(paid_at as date) as date,
    platform, shop, channel, device, province,
    buyer_id
from sales_lines
where paid_at is not null and paid_amount > 0 and buyer_id is not null
order by date
