-- How many people had each team at a day, and how well did it know each skill? The newest row of each before that day.
select team, coalesce(skill, '') as skill, people, level
from (
    select
        *,
        row_number() over (partition by team, coalesce(skill, '') order by date desc) as place
    from team
    where date <= $end
) as told
where place = 1
order by team, skill
