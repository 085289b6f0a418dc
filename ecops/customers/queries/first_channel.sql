-- Through which channel did each buyer come first?
with ranked as (
    select
        buyer_id, channel,
        row_number() over (partition by buyer_id order by paid_at, order_id, line_id, channel) as place
    from sold_lines
    where paid_at is not null and paid_amount > 0 and buyer_id <> '' and paid_at < $after
)

select buyer_id, channel
from ranked
where place = 1
order by buyer_id
