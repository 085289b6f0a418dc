-- Has anything that can be chosen among happened in these days?
select
    exists (select 1 from daily_sales where date between $start and $end)
    or exists (select 1 from daily_orders where date between $start and $end)
    or exists (select 1 from traffic_daily where date between $start and $end)
    or exists (select 1 from events where cast(happened_at as date) between $start and $end) as found
