-- How many different people paid on each day, in each shop or in each part of it along one dimension?
-- `buyer_days` asks the buyers themselves: for several dimensions, and for a part of a shop.
select date, platform, shop, value, buyers
from daily_people
where split = $split
    and (date between $start and $end or date between $other_start and $other_end)
