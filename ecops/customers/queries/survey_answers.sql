-- What did people answer, question by question? Scores of "nps" (0 to 10) come as their three groups.
select
    question,
    case
        when lower(question) = 'nps' and score >= 9 then 'promoter'
        when lower(question) = 'nps' and score >= 7 then 'passive'
        when lower(question) = 'nps' and score is not null then 'detractor'
        else answer
    end as answer,
    count(*) as people
from surveys
group by 1, 2
order by question, people desc, answer
