-- What share of their sales did platforms keep, by the settlements that are loaded?
-- Only settlements that name a commission count; their base is what buyers paid, less what was given back.
select
    platform,
    sum(coalesce(commission, 0) + coalesce(promotion_fee, 0)) as kept,
    sum(
        coalesce(paid_amount, net_amount + coalesce(commission, 0) + coalesce(promotion_fee, 0))
        - coalesce(refund_amount, 0)
    ) as base
from settlements
where commission is not null
group by platform
order by platform
