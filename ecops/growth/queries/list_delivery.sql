-- How many days from shipping to signing, by courier and region, and how many were signed within three days?
select
    coalesce(courier, '') as courier,
    coalesce(province, '') as province,
    sum(case when epoch(signed_at) - epoch(shipped_at) <= 259200 then 1 else 0 end) as on_count,
    count(*) as of_count,
    percentile_cont(0.5) within group (order by (epoch(signed_at) - epoch(shipped_at)) / 86400.0) as median_days,
    percentile_cont(0.9) within group (order by (epoch(signed_at) - epoch(shipped_at)) / 86400.0) as slow_days
from (
    select
        platform, order_id, max(courier) as courier, max(province) as province,
        max(shipped_at) as shipped_at, max(signed_at) as signed_at
    from order_lines
    where cast(shipped_at as date) between $start and $end
    group by platform, order_id
) as parcels
where signed_at >= shipped_at
group by coalesce(courier, ''), coalesce(province, '')
order by of_count desc, courier, province
