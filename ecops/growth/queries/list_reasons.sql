-- Why were goods given back? From the after-sales records where there are any, else from what the order reports say.
with recorded as (
    select count(*) as n
    from after_sales
    where cast(applied_at as date) between $start and $end
),

given as (
    select coalesce(reason, '') as reason, amount as money
    from after_sales
    where cast(applied_at as date) between $start and $end
    union all
    select coalesce(l.after_sales_reason, '') as reason, l.refund_amount as money
    from order_lines as l
    cross join recorded as r
    where r.n = 0 and cast(l.paid_at as date) between $start and $end
        and (l.after_sales_reason is not null or l.refund_amount > 0)
)

select reason, count(*) as cases, sum(money) as money
from given
group by reason
order by cases desc, reason
