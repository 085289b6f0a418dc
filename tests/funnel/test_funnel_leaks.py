"""The figures behind the steps, each by hand on a shop small enough to count, and the tests they rest on by oracles."""

import datetime as dt

import numpy as np
import pandas as pd
import pytest
from statsmodels.stats.proportion import proportion_confint

from ecops import funnel
from ecops.charts import Level
from ecops.funnel.leaks import (
    campaigns,
    carts,
    content,
    journeys,
    launches,
    overview,
    pages,
    payments,
    pictures,
    searches,
    service,
    sources,
    trends,
)
from ecops.funnel.leaks import figures as shared
from ecops.messages import Message
from ecops.metrics.beside.benchmarks import benchmarks
from ecops.metrics.daily import opened
from ecops.metrics.measured import measured
from ecops.metrics.registry import metrics
from ecops.periods import Period
from tests.funnel import shops

DAY = dt.date(2026, 11, 10)
ONE = Period(DAY, DAY)


def at(hour, day=0, minute=0):
    return dt.datetime.combine(DAY, dt.time(hour, minute)) + dt.timedelta(days=day)


@pytest.mark.row(64, 70)
def test_search_conversion_and_words_by_hand():
    rows = [
        ("taobao", DAY, "a", 200, 0, None, 100, 10, 900.0),
        ("taobao", DAY, "b", 50, None, 0, 40, 0, 0.0),
        ("taobao", DAY, "c", 30, None, 5, 20, 4, 100.0),
        ("taobao", DAY, "d", 90, None, None, None, None, None),
    ]
    names = [
        "platform",
        "date",
        "word",
        "searches",
        "empty_searches",
        "results",
        "searchers",
        "pay_buyers",
        "pay_amount",
    ]
    data = opened({"search_words": pd.DataFrame(rows, columns=names)})
    found = searches.search_conversion(data, ONE)
    assert (found.on, found.n, found.value) == (14, 160, 14 / 160)
    empty = searches.searches_without_result(data, ONE)
    assert (empty.on, empty.n, empty.value) == (50, 280, 50 / 280)
    words = searches.search_words(data, ONE).set_index("word")
    assert words.index.tolist() == ["a", "d", "b", "c"]
    assert words["wanted"].to_dict() == {"a": False, "b": True, "c": False, "d": False}
    assert words.loc["a", ["conversion", "low", "high"]].tolist() == pytest.approx(
        [0.1, *proportion_confint(10, 100, method="wilson")]
    )
    assert np.isnan(words.loc["d", "empty_share"])


def test_search_conversion_stands_on_visits_where_no_list_of_words_is_loaded():
    rows = pd.DataFrame(
        {
            "date": DAY, "platform": "taobao", "level": "source", "channel": ["手淘搜索", "手淘推荐"],
            "visitors": [400, 900], "pay_buyers": [20, 9],
        }
    )  # fmt: skip
    found = searches.search_conversion(opened({"traffic_daily": rows}), ONE)
    assert (found.on, found.n) == (20, 400)
    assert "not loaded" in found.note.text("en")


@pytest.mark.row(68)
def test_reasons_of_failed_payments_by_hand():
    tries = [
        ("o1", 9, "failed", "limit", "card", 100.0),
        ("o1", 10, "failed", "time-out", "card", 100.0),
        ("o1", 11, "paid", None, "wallet", 100.0),
        ("o2", 9, "failed", "limit", "card", 50.0),
        ("o3", 9, "failed", "limit", "bank", 30.0),
        ("o4", 9, "paid", None, "card", 10.0),
        ("o5", 9, "pending", None, "card", 10.0),
    ]
    rows = [("jd", order, at(hour), outcome, why, how, money) for order, hour, outcome, why, how, money in tries]
    log = pd.DataFrame(rows, columns=["platform", "order_id", "started_at", "outcome", "reason", "method", "amount"])
    data = opened({"payment_attempts": log.assign(attempt_id=[f"p{n}" for n in range(len(log))])})
    assert payments.payment_interruption(data, ONE).on == 4
    assert payments.payment_interruption(data, ONE).n == 7
    reasons = payments.payment_reasons(data, ONE).set_index("reason")
    # o1 failed last for the time-out and was paid then; o2 and o3 never were.
    assert reasons.loc["limit", ["failures", "orders", "paid_later", "never_paid"]].tolist() == [3, 2, 0, 80.0]
    assert reasons.loc["time-out", ["failures", "orders", "paid_later"]].tolist() == [1, 1, 1]
    assert reasons["cumulative"].tolist() == [0.75, 1.0]
    assert reasons.loc["limit", "method"] == "card"


def contacts(rows):
    names = ["platform", "kind", "customer_id", "order_id", "contacted_at", "channel"]
    return pd.DataFrame(rows, columns=names).assign(contact_id=[str(n) for n in range(len(rows))])


def lines(rows):
    names = ["platform", "order_id", "buyer_id", "ordered_at", "paid_at"]
    return pd.DataFrame(rows, columns=names).assign(
        shop="", line_id="1", sku="s", quantity=1.0, paid_amount=10.0, refund_amount=0.0
    )


@pytest.mark.row(22, 69)
def test_orders_without_a_question_by_hand():
    chats = contacts(
        [
            ("jd", "chat", "first", None, at(1, -20), ""),
            ("jd", "chat", "ann", None, at(9, -1), ""),
            ("jd", "chat", "bob", None, at(9, -9), ""),
            ("jd", "chat", None, "o3", at(9), ""),
            ("jd", "chat", "dan", None, at(20), ""),
            ("jd", "reminder", "eve", "o5", at(9), ""),
        ]
    )
    buyers = ["ann", "bob", "cat", "dan", "eve"]
    placed = [("jd", f"o{n}", name, at(12), at(12)) for n, name in enumerate(buyers, 1)]
    placed += [("jd", "o6", None, at(12), None), ("taobao", "t1", "ann", at(12), None)]
    found = service.silent_orders(opened({"service_contacts": chats, "order_lines": lines(placed)}), ONE)
    # ann and o3 asked before; bob too long ago, dan afterwards, eve was reminded; o6 names nobody, taobao has no chats.
    assert (found.on, found.n) == (3, 5)
    assert found.reason.text("en") == "Too little data: 5 cases, 30 are needed."


@pytest.mark.row(91)
def test_orders_paid_after_a_reminder_by_hand():
    told = [
        ("jd", "reminder", "a", "o1", at(9), "短信"),
        ("jd", "reminder", "a", "o1", at(15), "弹窗"),
        ("jd", "reminder", "b", "o2", at(9), "短信"),
        ("jd", "reminder", "c", "o3", at(9), "弹窗"),
        ("jd", "reminder", "d", "o4", at(9), "弹窗"),
        ("jd", "reminder", "e", "unknown", at(9), "短信"),
    ]
    placed = [
        ("jd", "o1", "a", at(8), at(16)), ("jd", "o2", "b", at(8), at(9, 4)), ("jd", "o3", "c", at(8), None),
        ("jd", "o4", "d", at(7), at(8)), ("jd", "late", "z", at(9, 6), at(9, 6)),
    ]  # fmt: skip
    data = opened({"service_contacts": contacts(told), "order_lines": lines(placed)})
    found = service.reminder_conversion(data, ONE)
    # o1 paid in time; o2 after four days, o3 never; o4 had paid before.
    assert (found.on, found.n) == (1, 3)
    ways = service.reminder_ways(data, ONE).set_index("way")
    assert ways["reminded"].to_dict() == {"短信": 2, "弹窗": 1}
    assert ways.loc["短信", "rate"] == 0.5
    early = opened({"service_contacts": contacts(told), "order_lines": lines(placed[:4])})
    assert service.reminder_conversion(early, Period(DAY, DAY + dt.timedelta(days=3))).n == 3


def log(rows):
    names = ["user_id", "happened_at", "event", "channel"]
    return pd.DataFrame(rows, columns=names).assign(platform="jd", event_id=[f"{n:03d}" for n in range(len(rows))])


@pytest.mark.row(90, 19)
def test_events_before_a_purchase_by_hand():
    rows = [("a", at(9, -8), "view", "")]
    rows += [("a", at(9, 0, minute), "view", "") for minute in range(3)]
    rows += [("a", at(10), "pay", ""), ("a", at(11), "cart", ""), ("a", at(12), "pay", ""), ("b", at(9), "pay", "")]
    data = opened({"events": log(rows)})
    lengths = journeys.path_lengths(data, ONE)
    # Three views within the week (the first is eight days old), then one cart since that payment, then none.
    assert lengths[["steps", "purchases"]].to_numpy().tolist() == [[0, 1], [1, 1], [3, 1]]
    assert journeys.path_length(data, ONE).on == 4
    assert journeys.lengths_told(lengths).text("en").startswith("Half of the purchases take at most 1 event")


@pytest.mark.row(61)
def test_recommendation_and_referral_by_hand():
    rows = [(f"u{n}", at(9), "pay", "friend" if n < 10 else "search") for n in range(40)]
    rows += [(f"u{n}", at(10), "share", "") for n in range(8)] + [("u39", at(8), "share", "")]
    data = opened({"events": log(rows)})
    found = journeys.recommendation(data, ONE)
    # u39 shared before paying.
    assert (found.on, found.n, found.value) == (8, 40, 0.2)
    assert (found.low, found.high) == pytest.approx(proportion_confint(8, 40, method="wilson"))
    assert journeys.referral(data, ONE).value == 0.25


@pytest.mark.row(78)
def test_unpaid_carts_by_hand():
    rows = [("a", at(9), "cart", ""), ("a", at(10), "pay", ""), ("b", at(9), "cart", ""), ("c", at(9), "pay", "")]
    rows += [("c", at(12), "cart", ""), ("d", at(9), "view", "")]
    old = [(f"o{n}", at(9, -20), "cart", "") for n in range(40)]
    back = [(f"o{n}", at(9, -18), "pay", "") for n in range(10)] + [
        (f"o{n}", at(9, -10), "pay", "") for n in range(10, 20)
    ]
    found = funnel.unpaid_carts(opened({"events": log(old + back + rows)}), ONE)
    assert found.people == 2
    assert found.rows["user_id"].tolist() == ["c", "b"]
    # Of forty left for a day ten came within the week; ten more came after it.
    assert found.back == 0.25
    assert (found.back_low, found.back_high) == pytest.approx(proportion_confint(10, 40, method="wilson"))
    told = " ".join(sentence.text("en") for sentence in found.told)
    assert "2 people left a cart unpaid" in told
    assert "not known here" in told
    reminded = carts.UnpaidCarts(200, True, found.rows, reminded=0.3, reminded_low=0.2, reminded_high=0.4)
    assert "may bring 40 to 80 payments" in " ".join(sentence.text("en") for sentence in reminded.told)


@pytest.mark.row(65, 89)
def test_bounce_by_page_product_and_loading_time():
    data = opened({"page_loads": shops.pages(0.38), "traffic_daily": shops.items(1)})
    by_page = pages.bounce_by_page(data, shops.WEEK).set_index("page")
    assert by_page.loc["首页", ["visits", "bounces"]].tolist() == [10_500, 3_990]
    assert by_page["home"].to_dict() == {"首页": True, "详情页": False}
    loading = pages.bounce_by_loading(data, shops.WEEK)
    assert loading["seconds"].tolist() == ["0–1", "2–3", "5+"]
    assert loading["visits"].tolist() == [3_500, 6_300, 3_500]
    assert loading["rate"].tolist() == pytest.approx([0.34, (3_500 * 0.38 + 1_400) / 6_300, 0.42])
    assert (
        pages.loading_told(loading).text("en").startswith("Bounce rises with loading time: 34% at 0–1 s, 42% at 5+ s.")
    )
    assert pages.bounce_by_item(data, shops.WEEK)["rate"].tolist() == pytest.approx([0.4] * 3)
    assert pages.load_seconds(data, shops.WEEK).value == pytest.approx((500 * 9.3 + 400 * 2) / 1_900)


def test_the_trend_test_is_that_of_scipy_for_two_classes_and_of_statsmodels_for_more():
    from scipy.stats import chi2_contingency
    from statsmodels.stats.contingency_tables import Table

    bounced, seen = np.array([30.0, 45.0]), np.array([100.0, 110.0])
    expected = chi2_contingency([bounced, seen - bounced], correction=False).pvalue
    assert pages.trend_test(bounced, seen) == pytest.approx(expected)
    bounced, seen = np.array([30.0, 45.0, 60.0]), np.array([100.0, 110.0, 120.0])
    oracle = Table(np.array([seen - bounced, bounced]), shift_zeros=False).test_ordinal_association()
    assert pages.trend_test(bounced, seen) == pytest.approx(oracle.pvalue, rel=0.02)


@pytest.mark.row(66, 193)
def test_quality_of_sources_beside_the_rest():
    table = funnel.source_quality(
        opened({"traffic_daily": shops.sources(1, dwell=9.0, depth=1.2, pays=0.0005)}), shops.WEEK
    )
    table = table.set_index("channel")
    assert table.index[0] == "c"
    assert {"visitors", "conversion"} <= set(table.columns)  # size and efficiency beside quality
    assert (table["visitors"] > 0).all()
    assert table.loc["c", "flags"] == "dwell,depth,conversion"
    assert table.loc[["a", "b"], "flags"].tolist() == ["", ""]
    # About 9/60, 1.2/4 and next to nothing of the rest.
    assert table.loc["c", "score"] == pytest.approx(50 * (0.15 + 0.3 + 0.0005 / 0.03) / 3, rel=0.1)
    quiet = funnel.source_quality(opened({"traffic_daily": shops.sources(1)}), shops.WEEK)
    assert quiet["flags"].tolist() == ["", "", ""]
    assert quiet["score"].tolist() == pytest.approx([50] * 3, abs=12)
    assert [flag.text("zh") for flag in sources.flags_told("dwell,conversion")] == ["停留短", "几乎不付款"]


def test_six_weeks_before_tell_how_days_differ():
    begin = shops.WEEK.start - dt.timedelta(days=42)
    rows = sources.source_bounces(opened({"traffic_daily": shops.sources(1)}), shops.WEEK)
    assert (pd.Timestamp(rows["date"].min()).date(), len(rows)) == (begin, 3 * 49)
    before, first = shared.spans(shops.WEEK, "previous")
    assert first == before.start - dt.timedelta(days=42)


@pytest.mark.row(187, 188)
def test_returns_of_campaigns_beside_the_lowest_acceptable():
    table, span = campaigns.campaign_returns(opened({"ad_spend_daily": shops.campaigns(1, weak=1.5)}), shops.WEEK)
    assert span.days == 28
    assert table["campaign"].tolist() == ["other", "good"]
    assert table["weak"].tolist() == [True, False]
    assert table["short"].iloc[0] == pytest.approx(2.5 * 2_800 - table["paid_amount"].iloc[0])


@pytest.mark.row(67)
def test_the_funnel_of_a_new_product():
    table = launches.new_products(opened({"traffic_daily": shops.items(1)}), shops.WEEK)
    (row,) = table.to_dict("records")
    assert (row["sku"], row["first_day"], row["days"], row["due"]) == (
        "new",
        shops.END - dt.timedelta(days=20),
        21,
        True,
    )
    assert row["interest"] == pytest.approx(0.15, abs=0.015)
    assert row["difference_high"] < 0


@pytest.mark.row(74, 75, 85)
def test_videos_and_live_rooms_by_hand():
    rows = [
        ("video", "v1", None, 1_000.0, 680.0, 52.0, None, None, None, None, None),
        ("live", "l1", 1.0, None, None, 10.0, 100.0, 300.0, 60.0, 100.0, 1.0),
        ("live", "l1", 2.0, None, None, 40.0, 60.0, 200.0, 40.0, 160.0, 2.0),
        ("live", "l1", 3.0, None, None, 20.0, 0.0, 0.0, 0.0, 150.0, 2.0),
        ("live", "l1", 4.0, None, None, 20.0, 0.0, 0.0, 0.0, 75.0, 0.0),
        ("live", "l1", 5.0, None, None, 5.0, 0.0, 0.0, 0.0, 70.0, 0.0),
    ]
    names = [
        "kind", "content_id", "minute", "plays", "complete_plays", "interactions", "viewers", "watch_minutes",
        "kept_30s", "online", "orders",
    ]  # fmt: skip
    data = opened({"content_daily": pd.DataFrame(rows, columns=names).assign(platform="douyin", date=DAY)})
    found = {figure.metric.key: figure for figure in content.content_figures(data, ONE)}
    assert found["video_completion"].value == 0.68
    assert found["content_interaction"].value == 0.052
    assert found["live_dwell"].value == 500 / 160
    assert found["live_first_half_minute"].value == 100 / 160
    told = content.live_told(content.live_minutes(data, ONE)).text("en")
    assert told.startswith("Most were online at minute 2; the largest loss follows at minute 4 (50% fewer)")
    assert content.content_pieces(data, ONE)["kept"].dropna().tolist() == [100 / 160]


@pytest.mark.row(64)
def test_balances_paid_of_deposits():
    rows = pd.DataFrame(
        {
            "platform": "taobao", "campaign": "c", "sku": "s", "date": [DAY, DAY], "deposits": [60, 40],
            "paid_units": [45, 30], "balance_from": [DAY, DAY + dt.timedelta(days=9)],
        }
    )  # fmt: skip
    found = overview.deposit_payment(opened({"presale_deposits": rows}), ONE)
    assert (found.on, found.n, found.value) == (45, 60, 0.75)


@pytest.mark.row(71, 72, 74, 75)
@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("pay_conversion", 0.058), ("bounce_rate", 0.38), ("video_completion", 0.68), ("content_interaction", 0.052),
        ("live_dwell", 3.0),
    ],
)  # fmt: skip
def test_figures_are_held_against_what_the_handbooks_name(key, value):
    found = benchmarks(opened({"search_words": shops.words()}), key)
    assert value in [one.value for one in found if one.origin == "handbook"]


@pytest.mark.row(73)
def test_the_goal_stands_on_the_line_of_conversion():
    weeks = pd.DataFrame({"week": shops.dates(3), "rate": [0.03] * 3, "low": [0.02] * 3, "high": [0.04] * 3})
    goal = Level(Message("goal within six months"), 0.05)
    figure = pictures.rate_line(weeks, Message("From the first step to the last"), levels=(goal,)).plotly()
    assert [shape.y0 for shape in figure.layout.shapes] == [0.05]
    assert figure.layout.yaxis.range is None or figure.layout.yaxis.range[1] >= 0.05


def test_the_line_of_each_step_by_week():
    days = [DAY - dt.timedelta(days=n) for n in range(21)]
    rows = pd.DataFrame(
        {
            "date": days, "platform": "jd", "shop": "one", "level": "source", "visitors": 100.0,
            "cart_users": [20.0] * 7 + [10.0] * 14, "order_buyers": 8.0, "pay_buyers": 4.0,
        }
    )  # fmt: skip
    found = funnel.step_trend(opened({"traffic_daily": rows}), ONE)
    assert found["week"].nunique() == 3
    assert found.loc[found["step"] == "cart", "rate"].tolist() == pytest.approx([0.1, 0.1, 0.2])
    assert found.loc[found["step"] == trends.WHOLE, "rate"].tolist() == pytest.approx([0.04] * 3)
    last = found[(found["step"] == "pay") & (found["week"] == DAY - dt.timedelta(days=6))].iloc[0]
    assert (last["n"], last["rate"]) == (56, 0.5)


def test_people_by_the_week_in_which_they_began():
    rows = []
    for week, (people, arrived) in enumerate([(20, 4), (30, 15)]):
        for n in range(people):
            rows.append((f"{week}-{n}", at(9, 7 * week - 14), "view", ""))
            if n < arrived:
                rows.append((f"{week}-{n}", at(10, 7 * week - 14), "pay", ""))
    rows += [("late", at(9, 6), "view", "")]
    spec = funnel.FunnelSpec([funnel.Step("view"), funnel.Step("pay")], window="7d")
    period = Period(DAY, DAY + dt.timedelta(days=6))
    found = funnel.weekly_people(opened({"events": log(rows)}), spec, period)
    assert found[["people", "arrived"]].to_numpy().tolist() == [[20, 4], [30, 15]]
    assert found["rate"].tolist() == [0.2, 0.5]


def test_a_share_by_day_is_tested_as_wide_as_its_days_swing():
    even = pd.DataFrame({"date": shops.dates(28), "on": 10.0, "of": 100.0})
    before = shops.WEEK.compared("previous")
    calm = shared.rate_figure("bounce_rate", even, shops.WEEK, before)
    assert (calm.low, calm.high) == pytest.approx(proportion_confint(70, 700, method="wilson"), abs=4e-3)
    swinging = even.assign(on=[2.0, 18.0] * 14)
    wide = shared.rate_figure("bounce_rate", swinging, shops.WEEK, before)
    assert wide.high - wide.low > 1.5 * (calm.high - calm.low)
    assert calm.p_value == pytest.approx(1.0)


def test_a_mean_of_days_is_that_of_a_regression_through_the_origin():
    import statsmodels.api as sm

    random = np.random.default_rng(1)
    of = random.integers(50, 150, 14).astype(float)
    on = of * random.normal(4, 0.5, 14)
    days = pd.DataFrame({"date": shops.dates(14), "on": on, "of": of})
    value, error, freedom = shared.mean_of_days(days)
    # The ratio of sums is the weighted least squares slope with variance in proportion to the cases.
    assert value == pytest.approx(sm.WLS(on, of, weights=1 / of).fit().params[0])
    residual = on - value * of
    naive = np.sqrt(14 / 13 * sum(float(one) ** 2 for one in residual)) / of.sum()
    assert (error, freedom) == (pytest.approx(naive), 13)


def test_every_metric_of_the_page_is_in_its_list_with_a_value_or_a_reason():
    shown = overview.further_figures(opened({"search_words": shops.words()}), shops.WEEK)
    keys = {figure.metric.key for figure in shown}
    assert {key for key, entry in metrics().items() if entry.page == "funnel"} <= keys
    assert all(np.isfinite(figure.value) or figure.reason is not None for figure in shown)
    told = measured(opened({"search_words": shops.words()}), shops.WEEK)
    assert told["search_conversion"].value == 70 / 686
    assert "payment_interruption" not in told


@pytest.mark.row(76, 88)
def test_every_step_of_the_visitor_funnel_has_causes_to_check():
    for step in ("click", "cart", "order", "pay"):
        assert len(overview.checklist(step)) >= 4
    assert "pain, advantage, authority, promotion" in overview.checklist("cart")[0].en
    assert "three seconds" in overview.checklist("click")[0].en
