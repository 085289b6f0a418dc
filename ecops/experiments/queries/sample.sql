-- Some people, to see around which number the values lie.
select {values}
from people
limit 10000
