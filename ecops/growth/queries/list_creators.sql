-- Who sold how much in our name? One row a creator; what nobody in particular sold is left out.
select platform, creator, count(distinct order_id) as orders, sum(paid_amount) as money
from order_lines
where creator is not null and creator <> '' and paid_amount > 0 and cast(paid_at as date) between $start and $end
group by platform, creator
order by money desc, creator
