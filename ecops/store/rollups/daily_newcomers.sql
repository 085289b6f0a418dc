-- How many people paid for the first time on each day? Summed up to a day: how many people had ever paid.
with first_days as (
    select
        buyer_id,
        min(cast(paid_at as date)) as date
    from sales_lines
    where paid_at is not null and paid_amount > 0 and buyer_id is not null
    group by buyer_id
)

select
    date,
    count(*) as buyers
from first_days
group by date
order by date
