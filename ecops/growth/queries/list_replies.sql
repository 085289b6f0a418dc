-- How many reviews were answered, by stars? Only platforms that tell answers.
with telling as (
    select distinct platform
    from reviews
    where reply is not null and reply <> ''
)

select
    r.platform, r.stars,
    sum(case when r.reply is not null and r.reply <> '' then 1 else 0 end) as on_count,
    count(*) as of_count
from reviews as r
inner join telling as t on t.platform = r.platform
where r.date between $start and $end
group by r.platform, r.stars
order by r.platform, r.stars
