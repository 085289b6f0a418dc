-- What does the customer list say about each customer? One row a customer; where two platforms list her, the larger word.
select
    customer_id,
    max(level) as level,
    max(case when community then 1 else 0 end) as community,
    max(points) as points,
    max(points_used) as points_used,
    max(registered_at) as registered_at,
    max(birthday_month) as birthday_month,
    max(gender) as gender,
    max(age_band) as age_band,
    max(region) as region,
    max(city_tier) as city_tier,
    max(channel) as channel,
    max(tags) as tags,
    max(motive) as motive,
    max(decision_factor) as decision_factor,
    max(invited) as invited,
    max(joined) as joined
from customers
where customer_id <> ''
group by customer_id
order by customer_id
