-- How many people paid for the first time ever on each day? For the whole shop the daily roll-up of first payments
-- knows it; `scope_newcomers` asks the buyers themselves where rows are left out.
select date, buyers
from daily_newcomers
