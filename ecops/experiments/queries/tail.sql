-- The people with the largest values, one row each.
select {keys}, {values}
from people
where not ({inside})
