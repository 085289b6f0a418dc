-- The largest values of a column.
select {value} as largest
from people
where {value} {side} 0
order by {value} {direction}
limit {size}
