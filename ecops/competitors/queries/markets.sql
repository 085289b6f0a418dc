-- Which markets could we enter? The newest row of each.
select market, cast(date as date) as date, size, growth, competition, policy, source
from markets
qualify row_number() over (partition by market order by date desc) = 1
order by market
