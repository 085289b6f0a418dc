-- Where does each buyer live, by most of her orders; by name where that is no decision?
with counted as (
    select buyer_id, province, count(*) as lines
    from sold_lines
    where buyer_id <> '' and province <> '' and paid_at is not null and cast(paid_at as date) between $start and $end
    group by buyer_id, province
),

ranked as (
    select buyer_id, province, row_number() over (partition by buyer_id order by lines desc, province) as place
    from counted
)

select buyer_id as person, province
from ranked
where place = 1
order by person
