"""Alert rules: they fire where they should, say nothing of little data, and are data."""

import datetime as dt
import math

import pandas as pd
import pytest

from ecops.errors import SpecError
from ecops.periods import Period
from ecops.review.alarms import AlertRule, AlertRules, alerts, default_rules
from ecops.store import journal
from ecops.store.inputs import open_data
from ecops.store.state import State

WEEK = Period(dt.date(2026, 11, 9), dt.date(2026, 11, 15))


def shop(rates, visitors=500, days=14, until=WEEK.end):
    """Traffic of platforms: each a pair of payment rates (week before, week)."""
    rows = []
    for platform, pair in rates.items():
        for back in range(days):
            day = until - dt.timedelta(days=back)
            orders = visitors // 10
            rows.append({
                "date": day, "platform": platform, "shop": "s", "level": "shop", "visitors": visitors,
                "cart_users": visitors // 5, "order_buyers": orders,
                "pay_buyers": round(orders * pair[day >= WEEK.start]), "pay_amount": orders * 100.0,
            })  # fmt: skip
    return open_data({"traffic_daily": pd.DataFrame(rows)})


def rule(comparison, threshold, **changes):
    return AlertRule("payment_rate", comparison, threshold, **{"by": ("platform",), **changes})


@pytest.mark.parametrize(
    ("made", "places"),
    [
        (rule("falls_by", 0.2), ["b"]),
        (rule("falls_by", 0.6), []),
        (rule("rises_by", 0.1), []),
        (rule("below", 0.5), ["b"]),
        (rule("above", 0.7), ["a"]),
        (rule("below", 0.9, where={"platform": "a"}), ["a"]),
        (rule("below", 0.9, where={"platform": "elsewhere"}), []),
    ],
)
def test_rules_fire_where_they_should(made, places):
    fired = alerts(shop({"a": (0.8, 0.8), "b": (0.8, 0.4)}), WEEK, [made])
    assert [alert.subject["platform"] for alert in fired] == places


def test_hand_case_of_an_alert():
    (fired,) = alerts(shop({"b": (0.8, 0.4)}), WEEK, [rule("falls_by", 0.2)])
    assert (fired.value, fired.before, fired.n) == (pytest.approx(0.4), pytest.approx(0.8), 350)
    assert fired.sentence.text("en") == (
        "b: Order to payment went from 80% to 40% (-50%) in a week. Owner: Operations."
    )


def plain_funnel(rates, platform="other"):
    """A funnel table that knows only channels: each a pair of payment rates (two weeks before, two weeks)."""
    rows = [
        {
            "date": WEEK.end - dt.timedelta(days=back), "platform": platform, "level": "source", "channel": channel,
            "visitors": 1_000, "cart_users": 200, "order_buyers": 100, "pay_buyers": round(100 * pair[back < 14]),
            "pay_amount": 8_000.0,
        }
        for channel, pair in rates.items()
        for back in range(28)
    ]  # fmt: skip
    return open_data({"traffic_daily": pd.DataFrame(rows)})


FELL = {"search": (0.85, 0.4), "ads": (0.85, 0.85), "feed": (0.85, 0.85)}


def test_what_the_tables_do_not_say_is_left_out_and_the_channel_that_fell_is_named():
    (alert,) = [one for one in alerts(plain_funnel(FELL), WEEK) if one.rule.metric == "payment_rate"]
    assert dict(alert.subject) == {"channel": "search"}
    assert alert.sentence.text("en").startswith("search: Order to payment went from 85% to 40% (-53%) within 2 weeks")
    (alert,) = [one for one in alerts(plain_funnel(FELL, "jd"), WEEK) if one.rule.metric == "payment_rate"]
    assert dict(alert.subject) == {"platform": "jd", "channel": "search"}


def test_what_fell_everywhere_is_one_alert_of_the_whole_shop():
    fired = alerts(plain_funnel(dict.fromkeys(FELL, (0.85, 0.4))), WEEK, [rule("falls_by", 0.2, weeks=2)])
    assert [dict(alert.subject) for alert in fired] == [{}]
    assert fired[0].sentence.text("en").startswith("The whole shop: ")


def test_rows_without_a_channel_are_not_called_the_whole_shop():
    data = plain_funnel({"": (0.85, 0.4), "ads": (0.85, 0.85)})
    (alert,) = alerts(data, WEEK, [rule("falls_by", 0.2, by=("channel",), weeks=2)])
    assert alert.sentence.text("en").startswith("unnamed: ")


def test_little_data_and_missing_metrics_say_nothing():
    assert alerts(shop({"b": (0.8, 0.4)}, visitors=40), WEEK, [rule("falls_by", 0.2)]) == ()
    assert alerts(shop({"b": (0.8, 0.4)}), WEEK, [AlertRule("nps", "below", 50)]) == ()
    assert alerts(shop({"b": (0.8, 0.4)}), WEEK, [AlertRule("refund_rate", "above", 0.1)]) == ()


def test_half_a_week_of_visitors_is_not_a_fall():
    half = shop({"a": (0.8, 0.8)}, days=11, until=WEEK.end - dt.timedelta(days=3))
    assert alerts(half, WEEK, [AlertRule("visitors", "falls_by", 0.2)]) == ()


def test_the_payment_failure_of_the_sample_shop_is_heard(shop):
    fired = alerts(shop, WEEK)
    assert [dict(alert.subject) for alert in fired] == [{"platform": "douyin", "device": "mobile"}]


def test_own_rules_replace_the_default_ones(tmp_path):
    kept = AlertRules(State(f"sqlite:///{tmp_path / 'state.sqlite'}"))
    assert kept.all() == default_rules()
    name = kept.add("li", rule("below", 0.5, weeks=2))
    assert kept.all() == (rule("below", 0.5, weeks=2, id=name),)
    kept.remove("li", name)
    assert kept.all() == ()
    with pytest.raises(SpecError, match="rule"):
        kept.remove("li", name)


@pytest.mark.parametrize(
    "changes",
    [
        {"comparison": "under"}, {"threshold": math.nan}, {"threshold": -1}, {"weeks": 0}, {"owner": "boss"},
        {"by": ("colour",)},
    ],
)  # fmt: skip
def test_bad_rules_are_said(changes):
    with pytest.raises(SpecError):
        AlertRule(**{"metric": "gmv", "comparison": "below", "threshold": 1.0, **changes})


def test_nothing_falls_by_more_than_everything(tmp_path):
    with pytest.raises(SpecError, match="500%"):
        rule("falls_by", 5.0)
    assert rule("rises_by", 5.0).threshold == 5.0
    state = State(f"sqlite:///{tmp_path / 'state.sqlite'}")
    fields = {"metric": "gmv", "comparison": "falls_by", "threshold": 5.0, "where": {}, "by": [], "weeks": 1,
              "owner": "lead", "removed": False}  # fmt: skip
    journal.append(state, "alert_rules", "old", fields, "li")
    assert AlertRules(state).all() == ()  # written down before such rules were refused; it can never fire
