-- What was seen at rivals with one's own eyes?
select
    cast(date as date) as date, coalesce(platform, '') as platform, shop, subject, practice, figure, our_figure, evidence
from rival_practices
order by date, shop, subject
