"""Figures of a period: against hand sums, the public UCI figures, and what must be said when something is missing."""

import datetime as dt
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from ecops.errors import EcopsError
from ecops.growth import diagnose, what_if
from ecops.metrics import kpis
from ecops.periods import Period
from ecops.store.inputs import open_data
from tests.growth.shops import simulate_orders, simulate_traffic

WEEK = Period(dt.date(2026, 11, 9), dt.date(2026, 11, 15))
UCI = Path(__file__).resolve().parents[2].parent / "shared" / "data" / "uci" / "online_retail.csv"


@pytest.fixture(scope="module")
def traffic():
    return simulate_traffic(3)


@pytest.fixture(scope="module")
def orders():
    return simulate_orders(4)


def inside(frame, period, column="date"):
    return frame[(frame[column] >= period.start) & (frame[column] <= period.end)]


@pytest.mark.row(1)
def test_traffic_figures_are_sums_over_sums(traffic):
    result = kpis({"traffic_daily": traffic}, WEEK)
    now, then = inside(traffic, WEEK), inside(traffic, WEEK.compared("previous"))
    assert result.basis == "traffic"
    assert result["gmv"].value == pytest.approx(now.pay_amount.sum())
    assert result["gmv"].previous == pytest.approx(then.pay_amount.sum())
    assert result["pay_conversion"].value == pytest.approx(now.pay_buyers.sum() / now.visitors.sum())
    assert result["cart_to_order"].previous == pytest.approx(then.order_buyers.sum() / then.cart_users.sum())
    assert result["value_per_buyer"].value == pytest.approx(now.pay_amount.sum() / now.pay_buyers.sum())
    product = result["visitors"].value * result["pay_conversion"].value * result["value_per_buyer"].value
    assert product == pytest.approx(result["gmv"].value)
    assert result["pay_conversion"].low < result["pay_conversion"].change < result["pay_conversion"].high
    assert result["visitors"].reason is None


def test_segments_are_recomputed_at_their_own_grain(traffic):
    result = kpis({"traffic_daily": traffic}, WEEK, by=["platform", "device"])
    rows = result.table.query("metric == 'pay_conversion'").set_index(["platform", "device"])
    expected = inside(traffic, WEEK).groupby(["platform", "device"])[["pay_buyers", "visitors"]].sum()
    for key, row in expected.iterrows():
        assert rows.loc[key, "value"] == pytest.approx(row.pay_buyers / row.visitors)
    assert result["pay_conversion"].value != pytest.approx(rows["value"].mean(), rel=1e-6)


def test_a_rate_is_not_diluted_by_shops_that_do_not_report_it(traffic):
    partial = traffic.assign(cart_users=traffic.cart_users.where(traffic.platform != "jd"))
    result = kpis({"traffic_daily": partial}, WEEK)
    now = inside(traffic[traffic.platform != "jd"], WEEK)
    assert result["cart_rate"].value == pytest.approx(now.cart_users.sum() / now.visitors.sum())


@pytest.mark.row(3, 23, 57, 110)
def test_order_figures_equal_a_naive_count(orders):
    result = kpis(orders, WEEK)
    paid = orders[orders.paid_at.notna()]
    days = paid.paid_at.dt.date
    now = paid[(days >= WEEK.start) & (days <= WEEK.end)]
    assert result.basis == "orders"
    assert result["gross_sales"].value == pytest.approx(now.paid_amount.sum())
    assert result["orders"].value == len(now)
    assert result["buyers"].value == now.buyer_id.nunique()
    look_back = min(365, (WEEK.start - dt.timedelta(days=7) - days.min()).days)
    earlier = paid[(days < WEEK.start) & (days >= WEEK.start - dt.timedelta(days=look_back))]
    returning = set(now.buyer_id) & set(earlier.buyer_id)
    assert result["repeat_share"].value == pytest.approx(len(returning) / now.buyer_id.nunique())
    assert result["new_buyers"].value == now.buyer_id.nunique() - len(returning)
    factors = result["buyers"].value * result["orders_per_buyer"].value * result["order_value"].value
    assert factors == pytest.approx(result["gmv"].value)
    placed = orders[(orders.ordered_at.dt.date >= WEEK.start) & (orders.ordered_at.dt.date <= WEEK.end)]
    assert result["order_payment_rate"].value == pytest.approx(placed.paid_at.notna().mean())
    ever = set(paid[days < WEEK.start].buyer_id)
    assert result["user_growth"].value == pytest.approx(len(set(now.buyer_id) - ever) / len(ever))


def test_order_of_rows_and_the_input_do_not_change(traffic):
    copy = traffic.copy()
    first = kpis({"traffic_daily": traffic}, WEEK)
    second = kpis({"traffic_daily": traffic.sample(frac=1, random_state=1)}, WEEK)
    for key, figure in first.kpis.items():
        assert (figure.value, figure.low) == pytest.approx((second[key].value, second[key].low), nan_ok=True)
    pd.testing.assert_frame_equal(traffic, copy)


def test_what_is_missing_is_said(traffic, orders):
    result = kpis({"traffic_daily": traffic.drop(columns=["cart_users"])}, WEEK)
    assert "Cart users" in result["cart_rate"].reason.text("en")
    assert "Order lines" in result["refund_rate"].reason.text("en")
    assert result["nps"].reason.text("en").startswith("Not loaded: Surveys")
    assert result["ltv"].reason.text("en") == "Not loaded: Order lines."
    assert "On-site searches" in result["search_conversion"].reason.text("en")
    assert np.isnan(result["cart_rate"].value)
    only_orders = kpis(orders, WEEK)
    assert "Daily traffic" in only_orders["visitors"].reason.text("en")
    assert "Cost" in only_orders["gross_margin"].reason.text("en")
    assert only_orders["ltv"].reason.text("en") == "Worked out on the page Customers."


def test_missing_days_are_left_out_of_both_sides_and_said(traffic):
    lost = dt.date(2026, 11, 12)
    gap = traffic[~((traffic.platform == "jd") & (traffic.date == lost))]
    result = kpis({"traffic_daily": gap}, WEEK)
    without = {lost, lost - dt.timedelta(days=7)}
    assert result["visitors"].value == inside(gap, WEEK).visitors.sum()
    assert result["visitors"].like == inside(gap, WEEK)[lambda rows: ~rows.date.isin(without)].visitors.sum()
    then = inside(gap, WEEK.compared("previous"))
    assert result["visitors"].previous == then[~then.date.isin(without)].visitors.sum()
    said = " ".join(note.text("en") for note in result.notes)
    assert "jd one has no traffic on 12 Nov" in said
    assert "6 of 7 days" in said


def test_a_new_shop_is_not_a_missing_export(traffic):
    fresh = traffic[~((traffic.platform == "jd") & (traffic.date < WEEK.start))]
    result = kpis({"traffic_daily": fresh}, WEEK)
    assert len(result.coverage.period_days) == 7
    assert any("comparison period" in note.text("en") for note in result.notes)


def test_nothing_to_compare_with(traffic):
    result = kpis({"traffic_daily": traffic[traffic.date >= WEEK.start]}, WEEK)
    assert result["visitors"].value > 0
    assert np.isnan(result["visitors"].previous)
    assert result["visitors"].reason is not None
    empty = kpis({"traffic_daily": traffic}, Period(dt.date(2020, 1, 1), dt.date(2020, 1, 7)))
    assert np.isnan(empty["gmv"].value)


def test_levels_are_never_added(traffic):
    shop = traffic.groupby(["date", "platform", "shop"], as_index=False)[["visitors", "pay_buyers", "pay_amount"]].sum()
    shop["visitors"] = (shop["visitors"] * 0.9).astype(int)
    both = pd.concat([traffic, shop.assign(level="shop")], ignore_index=True)
    result = kpis({"traffic_daily": both}, WEEK, by="channel")
    assert result["visitors"].value == inside(shop, WEEK).visitors.sum()
    by_channel = result.table.query("metric == 'visitors'").set_index("channel")["value"]
    assert by_channel["search"] == inside(traffic[traffic.channel == "search"], WEEK).visitors.sum()


def test_basis_and_its_disagreement(traffic, orders):
    shops = traffic[traffic.platform != "douyin"]
    both = kpis({"traffic_daily": shops, "order_lines": orders}, WEEK)
    assert both.basis == "traffic"
    assert any("differ" in note.text("en") for note in both.notes)
    uncovered = kpis({"traffic_daily": shops[shops.platform == "jd"], "order_lines": orders}, WEEK)
    assert uncovered.basis == "orders"


def test_traffic_covers_a_shop_that_the_order_export_does_not_name(traffic, orders):
    shops = traffic[traffic.platform != "douyin"]
    assert kpis({"traffic_daily": shops, "order_lines": orders.drop(columns="shop")}, WEEK).basis == "traffic"


def test_web_analytics_cover_the_own_site(traffic, orders):
    web = traffic[traffic.platform == "jd"].assign(platform="web", shop="")
    own = orders[orders.platform == "jd"].assign(platform="shopify", shop="")
    assert kpis({"traffic_daily": web, "order_lines": own}, WEEK).basis == "traffic"
    assert kpis({"traffic_daily": web, "order_lines": own.assign(platform="pdd")}, WEEK).basis == "orders"


def test_unknown_dimension_and_comparison(traffic):
    with pytest.raises(EcopsError, match="device"):
        kpis({"traffic_daily": traffic}, WEEK, by="devce")
    with pytest.raises(EcopsError, match="previous"):
        kpis({"traffic_daily": traffic}, WEEK, "previos")


def uci():
    raw = pd.read_csv(UCI, dtype={"InvoiceNo": str, "StockCode": str, "CustomerID": str}, parse_dates=["InvoiceDate"])
    return pd.DataFrame(
        {
            "platform": "shop", "order_id": raw.InvoiceNo, "line_id": raw.index.astype(str), "sku": raw.StockCode,
            "buyer_id": raw.CustomerID, "ordered_at": raw.InvoiceDate, "quantity": raw.Quantity,
            "unit_price": raw.UnitPrice, "paid_amount": raw.Quantity * raw.UnitPrice, "province": raw.Country,
        }
    )  # fmt: skip


@pytest.mark.data
@pytest.mark.skipif(not UCI.exists(), reason="the UCI Online Retail file is not there")
def test_uci_online_retail():
    lines = uci()
    year = Period(dt.date(2010, 12, 1), dt.date(2011, 12, 9))
    result = kpis(open_data(lines, table="order_lines"), year)
    assert result["gross_sales"].value == pytest.approx(10_666_684.54, abs=0.005)
    assert result["refunds"].value == pytest.approx(918_936.61, abs=0.005)
    assert result["net_sales"].value == pytest.approx(9_747_747.93, abs=0.005)
    clean = lines[lines.buyer_id.notna() & (lines.quantity > 0) & (lines.unit_price > 0)]
    result = kpis(clean, year)
    assert (result["buyers"].value, result["orders"].value) == (4338, 18_532)
    assert result["gross_sales"].value == pytest.approx(8_911_407.90, abs=0.005)


@pytest.fixture(scope="module")
def payments():
    """900 orders of 300 people on two platforms within sixty days."""
    generator = np.random.default_rng(5)
    day = pd.Timestamp("2026-09-01") + pd.to_timedelta(generator.integers(0, 60, 900), unit="D")
    return pd.DataFrame(
        {
            "platform": generator.choice(["jd", "taobao"], 900),
            "device": generator.choice(["mobile", "desktop"], 900),
            "order_id": np.arange(900).astype(str),
            "ordered_at": day,
            "buyer_id": generator.integers(0, 300, 900).astype(str),
            "paid_amount": generator.integers(-1, 9, 900).astype(float),
        }
    )


def test_first_payments_from_the_roll_up_equal_those_asked_of_the_buyers(payments):
    """`newcomers` (whole shop) and `scope_newcomers` (any part of it) are two ways to one answer."""
    from ecops.engine import load_sql
    from ecops.metrics.daily import QUERIES, read_buyer_base

    data = open_data(payments)
    period = Period(dt.date(2026, 10, 10), dt.date(2026, 10, 20))
    other = period.compared("previous")
    asked = data.query(load_sql(QUERIES, "scope_newcomers"), {}).to_pylist()
    days = data.query(load_sql(QUERIES, "newcomers"), {}).to_pylist()
    assert {row["date"]: row["buyers"] for row in days} == {row["date"]: row["buyers"] for row in asked}
    paid = payments[payments["paid_amount"] > 0].groupby("buyer_id")["ordered_at"].min()
    assert read_buyer_base(data, period, other) == {
        "known_before": (paid < str(other.start)).sum(),
        "first_before": paid.between(str(other.start), str(other.end)).sum(),
        "known_after": (paid < "2026-10-10").sum(),
        "first_after": paid.between("2026-10-10", "2026-10-20").sum(),
    }


@pytest.mark.parametrize("by", [(), ("device",)])
def test_buyers_of_a_day_from_the_roll_up_equal_those_counted(payments, by):
    """`people_days` (the shop, one dimension) and `buyer_days` (everything) are two ways to one answer."""
    from ecops.engine import load_sql
    from ecops.metrics.daily import QUERIES, read_daily
    from ecops.metrics.panel import make_panel

    data = open_data(payments)
    span = Period(dt.date(2026, 10, 1), dt.date(2026, 10, 9))
    other = span.compared("previous")
    panel = make_panel(read_daily(data, (span, other), by))
    keys = ["date", "platform", *by]
    found = {
        (day, *leaf): int(buyers)
        for *leaf, counts in zip(*(panel.leaves[name] for name in keys[1:]), panel.measures["buyers"], strict=True)
        for day, buyers in zip(panel.days, counts, strict=True)
        if buyers
    }
    params = {"start": span.start, "end": span.end, "other_start": other.start, "other_end": other.end}
    asked = data.query(load_sql(QUERIES, "buyer_days", by=by), params).to_pylist()
    assert found == {tuple(row[key] for key in keys): row["buyers"] for row in asked}
    paid = payments[payments["paid_amount"] > 0].assign(date=lambda frame: frame["ordered_at"].dt.date)
    plain = paid[paid["date"].between(other.start, span.end)].groupby(keys)["buyer_id"].nunique()
    assert found == plain.to_dict()


@pytest.mark.parametrize("by", [(), ("platform",)])
@pytest.mark.parametrize("left_out", [(), (dt.date(2026, 10, 10), dt.date(2026, 10, 13))])
def test_returning_buyers_from_the_roll_up_equal_those_looked_up(payments, by, left_out):
    """`buyers` (whole shop), `scope_buyers` (any part) and plain sets agree, also where days are left out."""
    from ecops.engine import load_sql
    from ecops.metrics.daily import QUERIES, read_people

    data = open_data(payments)
    days = [dt.date(2026, 10, 10 + i) for i in range(11) if dt.date(2026, 10, 10 + i) not in left_out]
    start, end, since = min(days), max(days), min(days) - dt.timedelta(days=30)
    found = read_people(data, days, 30, by).sort_values(list(by) or "buyers").to_dict("records")
    params = {"start": start, "end": end, "since": since, "days": days}
    asked = data.query(load_sql(QUERIES, "scope_buyers", by=by), params).to_pandas()
    assert found == asked.sort_values(list(by) or "buyers").to_dict("records")

    paid = payments[payments["paid_amount"] > 0].assign(date=lambda frame: frame["ordered_at"].dt.date)
    earlier = set(paid.loc[(paid["date"] >= since) & (paid["date"] < start), "buyer_id"])
    now = paid[paid["date"].isin(days)]
    parts = [now] if not by else [part for _, part in now.groupby("platform")]
    people = [set(part["buyer_id"]) for part in parts]
    assert [(row["buyers"], row["returning_buyers"]) for row in found] == [(len(p), len(p & earlier)) for p in people]


def test_figures_of_people_have_an_interval_that_agrees_with_the_test():
    for seed in range(3):
        result = kpis({"order_lines": simulate_orders(seed, buyers=400)}, WEEK)
        for key in ("buyers", "orders_per_buyer", "value_per_buyer"):
            found = result[key]
            assert found.low < found.change < found.high
            assert (found.p_value < 0.05) == (found.low > 0 or found.high < 0), key


def test_intervals_of_people_cover():
    # Nothing changes; the same 2,000 people buy on some of 49 days, a few of them often.
    from ecops.metrics.analysis import _scaled
    from ecops.statistics import changes

    random = np.random.default_rng(3)
    history = np.repeat([0, 1, 2, 3, 4, -1, -1], 7)
    days = changes.Days(np.arange(35, 42), np.arange(42, 49), history, np.arange(49) % 7)
    missed = np.zeros(2)
    for _ in range(150):
        orders = random.poisson(random.gamma(0.3, 0.2, 2000)[:, None], (2000, 49))
        daily, placed = (orders > 0).sum(0)[None].astype(float), orders.sum(0)[None].astype(float)
        weeks = (days.before, days.after)
        buyers = [np.array([float((orders[:, week].sum(1) > 0).sum())]) for week in weeks]
        people = _scaled(changes.compare_sums(daily, days), *((x, x) for x in buyers), is_sum=True)
        sides = [(placed[:, week].sum(1), x) for week, x in zip(weeks, buyers, strict=True)]
        ratio = _scaled(changes.compare_ratios(placed, daily, days), *sides, is_sum=False)
        missed += [not (found.low[0] <= 0 <= found.high[0]) for found in (people, ratio)]
    assert (missed / 150 <= 0.08).all()


def test_an_amount_rests_on_its_days_and_a_count_on_itself(orders):
    result = kpis({"order_lines": orders}, WEEK, by="platform")
    assert (result["gmv"].n, result["net_sales"].n) == (7, 7)
    assert result["orders"].n == result["orders"].value
    assert set(result.table.query("metric == 'gmv'")["n"]) == {7.0}


def a_shop(**columns):
    days = [dt.date(2026, 11, 2) + dt.timedelta(days=number) for number in range(14)]
    return pd.DataFrame(
        {"date": days, "platform": "jd", "level": "shop", "visitors": 100, "pay_buyers": 5, "pay_amount": 500.0}
        | columns
    )


WEEK = Period(dt.date(2026, 11, 9), dt.date(2026, 11, 15))


def test_a_day_without_its_payments_is_named_and_not_compared():
    """Else visitors x conversion x value would not be GMV, and nobody would know why."""
    rows = a_shop(pay_buyers=[5.0] * 9 + [None] * 2 + [5.0] * 3, pay_amount=[500.0] * 9 + [900.0] * 2 + [500.0] * 3)
    result = kpis(rows, WEEK)
    assert len(result.coverage.period_days) == 5
    assert any("jd has no payments beside its visitors on 11–12 Nov" in note.text("en") for note in result.notes)
    parts = [result[key].like for key in ("visitors", "pay_conversion", "value_per_buyer")]
    assert np.prod(parts) == pytest.approx(result["gmv"].like) == pytest.approx(2500)
    assert what_if(result).base == pytest.approx(2500)
    whole = kpis(a_shop(pay_buyers=None), WEEK)
    assert not any("payments beside" in note.text("en") for note in whole.notes), "a report that never says it"


def test_rows_that_stand_there_twice_are_told():
    rows = a_shop()
    assert kpis(rows, WEEK).notes == ()
    twice = kpis(pd.concat([rows, rows.tail(3)]), WEEK)
    assert twice["visitors"].value == 1000
    (note,) = twice.notes
    assert note.text("en").startswith("3 rows of Daily traffic repeat the Date, Platform")


def test_a_refund_counts_beside_a_known_sale_only():
    lines = pd.DataFrame(
        {
            "platform": "jd", "order_id": ["1", "2", "3"], "ordered_at": pd.Timestamp("2026-11-10"), "sku": "S",
            "paid_amount": [100.0, None, 50.0], "refund_amount": [30.0, 40.0, None],
        }
    )  # fmt: skip
    result = kpis(lines, WEEK)
    assert (result["gross_sales"].value, result["refunds"].value, result["net_sales"].value) == (150, 30, 120)


def test_payments_without_visitors_are_in_the_segments():
    """Live streams and refilled carts pay where the traffic report saw nobody come."""
    seen = a_shop(channel="search", level="source", pay_amount=[500.0] * 7 + [900.0] * 7)
    unseen = a_shop(
        channel="live", level="source", visitors=0, pay_buyers=[2] * 7 + [4] * 7, pay_amount=[200.0] * 7 + [500.0] * 7
    )
    ghost = a_shop(channel="gift", level="source", visitors=0, pay_buyers=0, pay_amount=[10.0] * 7 + [30.0] * 7)
    found = diagnose(pd.concat([seen, unseen, ghost]), WEEK)
    assert (found.before, found.after) == (7 * 710, 7 * 1430)
    assert found.segments.before == pytest.approx(found.before)
    assert found.segments.after == pytest.approx(found.after)
    parts = found.segments.table.groupby("channel")["contribution"].sum()
    assert parts["live"] == pytest.approx(7 * 300)
    assert parts["gift"] == pytest.approx(7 * 20)
