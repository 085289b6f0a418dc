-- Which refunds were larger than anybody but the lead may release alone? By the day they were asked for.
select after_sales_id, platform, order_id, applied_at, kind, reason, amount
from after_sales
where cast(applied_at as date) between $start and $end and amount > $quota
order by amount desc, after_sales_id
