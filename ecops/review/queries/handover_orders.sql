-- How many orders are paid and not shipped, and how many of them are past their time? See handover.sql.
with telling as (
    select platform
    from order_lines
    where shipped_at is not null or status in ('shipped', 'completed')
    group by platform
), waiting as (
    select platform, order_id, min(coalesce(promised_at, paid_at + $hours * interval '1 hour')) as due
    from order_lines
    where
        status = 'paid' and shipped_at is null and paid_at >= $since and paid_at < $now
        and platform in (select platform from telling)
    group by platform, order_id
)
select count(*) as orders, coalesce(sum(case when due < $now then 1 else 0 end), 0) as late
from waiting
