-- How many paid orders were shipped in time, by platform and courier? Only those whose hours are over, and only platforms
-- that say when they ship.
with last_day as (
    select max(coalesce(shipped_at, paid_at)) as known_until
    from order_lines
),

waiting as (
    select platform, order_id, max(courier) as courier, min(paid_at) as paid_at, max(shipped_at) as shipped_at
    from order_lines
    where paid_at is not null and status in ('paid', 'shipped', 'completed')
        and cast(paid_at as date) between $start and $end
    group by platform, order_id
),

telling as (
    select distinct platform
    from order_lines
    where shipped_at is not null
)

select
    w.platform,
    coalesce(w.courier, '') as courier,
    sum(case when w.shipped_at is not null and epoch(w.shipped_at) - epoch(w.paid_at) <= $seconds then 1 else 0 end)
        as on_count,
    count(*) as of_count
from waiting as w
inner join telling as t on t.platform = w.platform
cross join last_day as d
where epoch(w.paid_at) + $seconds <= epoch(d.known_until)
group by w.platform, coalesce(w.courier, '')
order by of_count desc, w.platform, courier
