-- Which figures do other shops have in each span?
select
    shop, coalesce(platform, '') as platform, coalesce(tier, '') as tier, cast(period as date) as period,
    visitors, conversion_rate, order_value, pay_amount, repeat_rate, refund_rate, bounce_rate, click_rate, cart_rate,
    price, lost_buyers, coalesce(is_index, false) as is_index
from peer_kpis
where shop <> ''
order by period, shop
