-- Which words did people search for in our own shop in the last weeks with searches, and what came of it?
with newest as (
    select max(date) as last_day
    from search_words
    where date <= $until
)

select
    s.word,
    sum(s.searches) as searches,
    sum(case
        when s.empty_searches is not null then least(s.empty_searches, s.searches)
        when s.results = 0 then s.searches
    end) as empty_searches,
    max(n.last_day) as last_day
from search_words as s
inner join newest as n on s.date <= n.last_day and date_diff('day', s.date, n.last_day) < $days
where s.word <> ''
group by s.word
having sum(s.searches) > 0
order by searches desc, s.word
