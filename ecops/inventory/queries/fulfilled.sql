-- Of the order lines paid before a day and not taken back, how many have left the house?
select
    cast(sum(case when status in ('shipped', 'completed') then 1 else 0 end) as bigint) as shipped,
    cast(count(*) as bigint) as orders
from sold_lines
where paid_at is not null and status in ('paid', 'shipped', 'completed')
    and cast(paid_at as date) between cast($start as date) and cast($until as date)
