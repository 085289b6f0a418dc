-- What is paid and not shipped? One row a product and platform, the one due first on top, each with how many orders wait
-- in all and how many of them are past their time. Platforms whose exports never
-- say that something was shipped are left out: there everything would seem to wait. An order
-- of both an ERP and its platform counts once, and is gone when the ERP has sent it.
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
    select
        platform, coalesce(sku, item_id, '') as sku, title, order_id, coalesce(quantity, 1) as quantity,
        coalesce(promised_at, paid_at + $hours * interval '1 hour') as due
    from order_lines
    where
        status = 'paid' and shipped_at is null and paid_at >= $since and paid_at < $now
        and platform in (select platform from telling)
        and not (coalesce(recorded_by, '') = 'erp' and order_id in (select order_id from led))
        and order_id not in (select order_id from sent)
), each as (
    select platform, order_id, min(due) as due
    from waiting
    group by platform, order_id
)
select
    platform, sku, max(title) as title, sum(quantity) as quantity, count(distinct order_id) as orders,
    min(due) as due_first, sum(case when due < $now then quantity else 0 end) as late,
    (select count(*) from each) as all_orders,
    (select sum(case when due < $now then 1 else 0 end) from each) as all_late
from waiting
group by platform, sku
order by due_first, platform, sku
