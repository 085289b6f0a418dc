-- When was the last order paid?
select max(paid_at) as last
from order_lines
