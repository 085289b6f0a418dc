-- What is the median of other shops in the newest span that had begun by a day? Index values are no figures.
with newest as (
    select max(cast(period as date)) as period
    from peer_kpis
    where cast(period as date) <= $until and not coalesce(is_index, false)
)

select
    p.period,
    count(*) as shops,
    max(coalesce(p.platform, '')) as platform,
    percentile_cont(0.5) within group (order by visitors) as visitors,
    percentile_cont(0.5) within group (order by conversion_rate) as conversion_rate,
    percentile_cont(0.5) within group (order by order_value) as order_value,
    percentile_cont(0.5) within group (order by pay_amount) as pay_amount,
    percentile_cont(0.5) within group (order by repeat_rate) as repeat_rate,
    percentile_cont(0.5) within group (order by refund_rate) as refund_rate,
    percentile_cont(0.5) within group (order by bounce_rate) as bounce_rate,
    percentile_cont(0.5) within group (order by click_rate) as click_rate,
    percentile_cont(0.5) within group (order by cart_rate) as cart_rate
from (
    select k.*, n.period as newest_period
    from peer_kpis as k
    inner join newest as n on cast(k.period as date) = n.period
    where not coalesce(k.is_index, false)
) as p
group by p.period
