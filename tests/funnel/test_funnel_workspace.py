"""The funnel of a whole shop: one level, the steps there are, the days both spans have, and who is left out."""

import datetime as dt

import pandas as pd
import pytest

from ecops.errors import DataError, EcopsError
from ecops.funnel import workspace as shop
from ecops.funnel.paths.segments import segment_rows, step_by_segment
from ecops.periods import Period

AFTER = Period(dt.date(2026, 11, 8), dt.date(2026, 11, 14))
BEFORE = AFTER.compared("previous")


def row(day, platform="taobao", level="source", channel="search", **counts):
    base = {"impressions": None, "clicks": None, "visitors": 1000, "cart_users": 100, "order_buyers": 40}
    base |= {"pay_buyers": 30, "pay_amount": 3000.0, "device": None, "title": None}
    return {"date": day, "platform": platform, "shop": "s", "level": level, "channel": channel, **base, **counts}


BOTH = Period(BEFORE.start, AFTER.end)


def days(period=BOTH, without=()):
    every = [period.start + dt.timedelta(n) for n in range(period.days)]
    return [day for day in every if day not in without]


def test_levels_are_never_added():
    rows = [row(day, channel=c, visitors=500, cart_users=50) for day in days() for c in ("search", "feed")]
    rows += [row(day, level="shop", channel=None) for day in days()]
    rows += [row(day, level="item", channel=None, title=f"p{n}") for day in days() for n in range(3)]
    rows += [row(day, level="detail", segment=part, visitors=300) for day in days() for part in ("a", "b")]
    found = shop.shop_funnel(pd.DataFrame(rows), AFTER)
    assert found.after.count("visit") == 7 * 1000
    assert found.after.by == ("channel",)


def test_the_shop_level_is_taken_where_it_reports_more_steps():
    rows = [row(day, cart_users=None, order_buyers=None) for day in days()]
    rows += [row(day, level="shop", channel=None, visitors=900) for day in days()]
    found = shop.shop_funnel(pd.DataFrame(rows), AFTER)
    assert found.after.names == ("visit", "cart", "order", "pay")
    assert found.after.count("visit") == 7 * 900


def test_products_are_the_last_resort():
    rows = [row(day, level="item", channel=None, title=f"p{n}") for day in days() for n in range(3)]
    assert shop.shop_funnel(pd.DataFrame(rows), AFTER).after.by == ("title",)


def test_a_platform_without_the_steps_is_left_out_and_named():
    rows = [row(day) for day in days()]
    rows += [row(day, "jd", cart_users=None, order_buyers=None, visitors=10) for day in days()]
    found = shop.shop_funnel(pd.DataFrame(rows), AFTER)
    assert found.after.count("visit") == 7 * 1000
    assert [note.text("zh") for note in found.notes] == ["未计入（平台不提供这些步骤）：京东。"]


@pytest.mark.parametrize(("visitors", "steps"), [(200, 4), (900, 3)])
def test_a_step_is_given_up_only_for_many_people(visitors, steps):
    """3 transitions x 1,000 visitors beside 2 transitions x 1,200 or 1,900."""
    rows = [row(day) for day in days()]
    rows += [row(day, "jd", cart_users=None, visitors=visitors) for day in days()]
    found = shop.shop_funnel(pd.DataFrame(rows), AFTER)
    assert len(found.after.names) == steps
    assert bool(found.notes) == (steps == 4)


def test_days_without_a_counterpart_are_left_out_on_both_sides():
    hole = BEFORE.start + dt.timedelta(2)
    found = shop.shop_funnel(pd.DataFrame([row(day) for day in days(without=[hole])]), AFTER)
    assert found.after.count("visit") == found.before.count("visit") == 6 * 1000
    assert len(found.notes) == 1


def test_without_days_before_the_funnel_is_described():
    found = shop.shop_funnel(pd.DataFrame([row(day) for day in days(AFTER)]), AFTER)
    assert found.before is None
    assert found.diagnosis is None
    assert "10.0%" in found.verdict.text("en")


def test_presets_only_where_somebody_reports_their_steps():
    rows = [row(day) for day in days()]
    rows += [row(day, "douyin", impressions=9000, clicks=1500) for day in days()]
    data = pd.DataFrame(rows)
    assert shop.step_choices(data, AFTER) == ("all", "four_steps", "five_steps", "visitors")
    assert "five_steps" not in shop.step_choices(data[data["platform"] == "taobao"], AFTER)
    found = shop.shop_funnel(data, AFTER, steps="five_steps")
    assert found.after.count("exposure") == 7 * 9000


def test_a_broken_step_is_named_with_its_place_and_its_money_over_the_period():
    rows = [row(day, platform=p) for day in days(BEFORE) for p in ("taobao", "jd")]
    rows += [row(day, platform="jd") for day in days(AFTER)]
    rows += [row(day, platform="taobao", pay_buyers=12, pay_amount=1200.0) for day in days(AFTER)]
    found = shop.shop_funnel(pd.DataFrame(rows), AFTER)
    (finding,) = found.findings
    assert finding.subject == {"platform": "taobao", "step": "pay"}
    assert found.verdict.text("zh").startswith("淘宝「下单→支付」")
    # 280 orders x (0.75 - 0.30) x 100 yuan.
    assert found.total.value == pytest.approx(-280 * 0.45 * 100)
    assert found.total.low < found.total.value < found.total.high < 0


def test_what_only_one_platform_reports_is_a_finding_about_that_platform():
    rows = [row(day) for day in days(BEFORE)]
    rows += [row(day, pay_buyers=12, pay_amount=1200.0) for day in days(AFTER)]
    rows += [row(day, "jd", cart_users=None, order_buyers=None, visitors=10) for day in days()]
    (finding,) = shop.shop_funnel(pd.DataFrame(rows), AFTER).findings
    assert finding.subject == {"platform": "taobao", "step": "pay"}
    assert finding.headline.text("zh").startswith("淘宝「下单→支付」")


def test_a_week_alike_says_nothing():
    found = shop.shop_funnel(pd.DataFrame([row(day) for day in days()]), AFTER)
    assert found.findings == ()
    assert found.total is None


def test_row_order_and_the_input_do_not_matter():
    data = pd.DataFrame([row(day, platform=p) for day in days() for p in ("taobao", "jd")])
    kept = data.copy(deep=True)
    one = shop.shop_funnel(data, AFTER)
    other = shop.shop_funnel(data.sample(frac=1, random_state=3), AFTER)
    assert (one.after.counts == other.after.counts).all()
    pd.testing.assert_frame_equal(data, kept)


def test_no_traffic_in_the_days():
    with pytest.raises(DataError):
        shop.shop_funnel(pd.DataFrame([row(day) for day in days()]), Period(dt.date(2020, 1, 1), dt.date(2020, 1, 7)))
    with pytest.raises(EcopsError):
        shop.shop_funnel(pd.DataFrame([row(day) for day in days()]), AFTER, steps="six_nodes")


def test_one_step_by_segment_adds_up_to_the_shop():
    rows = [row(day, channel=c, cart_users=n) for day in days() for c, n in (("a", 50), ("b", 150))]
    found = shop.shop_funnel(pd.DataFrame(rows), AFTER)
    table = step_by_segment(found, "cart", "channel")
    assert table["entered"].sum() == found.after.count("visit")
    assert table["went_on"].sum() == found.after.count("cart")
    assert set(table["rate"].round(3)) == {0.05, 0.15}
    assert table["gained"].abs().max() == pytest.approx(0)


def test_a_segment_that_nobody_entered_is_not_listed():
    rows = [row(day, channel=c) for day in days() for c in "ab"]
    rows += [row(day, channel="c", visitors=10, cart_users=0, order_buyers=0, pay_buyers=0) for day in days()]
    found = shop.shop_funnel(pd.DataFrame(rows), AFTER)
    assert set(step_by_segment(found, "cart", "channel")["value"]) == {"a", "b", "c"}
    assert set(step_by_segment(found, "order", "channel")["value"]) == {"a", "b"}


def test_lost_units_and_their_money_by_segment():
    rows = [row(day, channel=c) for day in days(BEFORE) for c in "ab"]
    rows += [row(day, channel="a") for day in days(AFTER)]
    rows += [row(day, channel="b", cart_users=60) for day in days(AFTER)]
    found = shop.shop_funnel(pd.DataFrame(rows), AFTER)
    first = step_by_segment(found, "cart", "channel").iloc[0]
    assert (first["value"], first["gained"]) == ("b", pytest.approx(-7 * 40))
    # One more in the cart: 30 of 60 pay, 100 yuan each.
    assert first["money"] == pytest.approx(-7 * 40 * 0.5 * 100)
    assert len(segment_rows(found, "channel", "b")) == 1


@pytest.fixture(scope="module")
def log():
    events = []
    for n in range(400):
        day = BEFORE.start + dt.timedelta(days=n % 14)
        start = dt.datetime.combine(day, dt.time(9))
        late = day >= AFTER.start
        far = 4 if n % 3 else (2 if late and n % 2 else 3)
        for step, name in enumerate(("exposure", "click", "cart", "pay")[:far]):
            events.append((f"u{n}", name, start + dt.timedelta(minutes=step), "jd" if n % 2 else "taobao"))
    return pd.DataFrame(events, columns=["user_id", "event", "happened_at", "platform"])


def test_a_log_of_a_workspace(tmp_path, log):
    import ecops

    workspace = ecops.Workspace.open(tmp_path / "shop")
    workspace.load(log.to_csv(index=False).encode(), name="events.csv")
    data = workspace.data()
    assert shop.bases(data) == ("events",)
    found = shop.shop_funnel(data, AFTER, basis="events")
    assert found.after.names == ("exposure", "click", "cart", "pay")
    in_days = log[(log["happened_at"].dt.date >= AFTER.start) & (log["event"] == "exposure")]
    assert found.after.count("exposure") == in_days["user_id"].nunique()
    assert found.before is not None
    assert shop.step_choices(data, AFTER, basis="events")[0] == "all"


def test_a_fall_that_the_mix_hides_is_explained():
    rows = [row(day, channel="old", visitors=200, cart_users=80) for day in days(BEFORE)]
    rows += [row(day, channel="new", visitors=1800, cart_users=90) for day in days(BEFORE)]
    rows += [row(day, channel="old", visitors=500, cart_users=125) for day in days(AFTER)]
    rows += [row(day, channel="new", visitors=1500, cart_users=45) for day in days(AFTER)]
    (finding,) = [f for f in shop.shop_funnel(pd.DataFrame(rows), AFTER).findings if f.subject["step"] == "cart"]
    # 500 x .40 + 1,500 x .05 of 2,000 would have carted at the rates before; 8.5 % did in both spans.
    assert finding.before == pytest.approx(0.1375)
    assert finding.headline.text("zh").startswith(
        "全店「访客→加购」转化率按现在的流量结构本应 13.8%，实际 8.5%，每周少收约"
    )
    assert finding.headline.text("en").startswith(
        "The whole shop: at today's mix of sources, visit to add to cart should be 13.8%, and is 8.5%, about"
    )
    # 14,000 entered; 13.75 % of them are 1,925 and 8.5 % are 1,190.
    assert finding.evidence.text("en") == "1,190 of 14,000 now; at the rates before it would be 1,925."
    assert "unchanged at 8.5%" in finding.notes[-2].text("en")
    assert "没有变化，都是 8.5%" in finding.notes[-2].text("zh")
