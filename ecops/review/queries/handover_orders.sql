-- How many orders are paid and not shipped, and how many of them are past their time? See handover.sql.
with telling as (
    select platform
    from order_lines
    where shipped_at is not null or status in ('shipped', 'completed')
    group by platform
), led as (
    select distinct order_id
    from order_lines
    where coalesce(recorded_by, '') <> 'erp'
        and order_id in (select order_id from order_lines where recorded_by = 'erp')
), sent as (
    select distinct order_id
    from order_lines
    where recorded_by = 'erp' and order_id is not null
        and (shipped_at is not null or status in ('shipped', 'completed'))
), waiting as (
    select platform, order_id, min(coalesce(promised_at, paid_at + $hours * interval '1 hour')) as due
    from order_lines
    where
        status = 'paid' and shipped_at is null and paid_at >= $since and paid_at < $now
        and platform in (select platform from telling)
        and not (coalesce(recorded_by, '') = 'erp' and order_id in (select order_id from led))
        and order_id not in (select order_id from sent)
    group by platform, order_id
)
select count(*) as orders, coalesce(sum(case when due < $now then 1 else 0 end), 0) as late
from waiting
