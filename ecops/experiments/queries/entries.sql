-- How many rows are there, and how many say which arm?
select count(*) as entries, count(arm) as armed, {identified} as identified
from rows_given
