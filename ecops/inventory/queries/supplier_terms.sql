-- What was agreed with each supplier, how does it serve, and when do its papers expire?
select
    supplier,
    cast(ship48_rate as double) as ship48_rate,
    cast(ship48_orders as double) as ship48_orders,
    cast(chat_minutes as double) as chat_minutes,
    cast(data_delay_minutes as double) as data_delay_minutes,
    cast(credit_days as double) as credit_days,
    cast(rebate_rate as double) as rebate_rate,
    cast(return_days as double) as return_days,
    cast(return_loss_rate as double) as return_loss_rate,
    cast(freight_share as double) as freight_share,
    cast(samples_passed as double) as samples_passed,
    holiday_duty,
    coalesce(backup_for, '') as backup_for,
    emergency_supply,
    cast(inspection_until as date) as inspection_until,
    cast(licence_until as date) as licence_until,
    cast(quality_report_until as date) as quality_report_until,
    cast(environment_until as date) as environment_until
from suppliers
where supplier is not null
order by supplier
