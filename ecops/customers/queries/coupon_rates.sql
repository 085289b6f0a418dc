-- How many coupons and package cards of each campaign were given out, scanned, and used?
select
    campaign,
    coalesce(max(kind), '') as kind,
    count(*) as issued,
    count(scanned_at) as scanned,
    count(redeemed_at) as redeemed
from coupon_redemptions
group by campaign
order by issued desc, campaign
