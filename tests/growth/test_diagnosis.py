"""Silent when nothing happened, one finding a cause when something did."""

import datetime as dt
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from ecops.growth import diagnose
from ecops.messages import Message, Term
from ecops.metrics.daily import opened
from ecops.periods import Period
from tests.growth.shops import fail_payment, simulate_orders, simulate_traffic
from tools.calibrate.growth import told
from tools.calibrate.shops import Shop

WEEK = Period(dt.date(2026, 11, 9), dt.date(2026, 11, 15))


def confirmed(diagnosis):
    return {(item.metric, tuple(sorted(item.subject.items()))) for item in diagnosis.confirmed}


def cell(**subject):
    return tuple(sorted(subject.items()))


def searched(traffic):
    """What the search for causes confirms in this traffic, without opening an engine and telling the rest."""
    leaves = traffic[["platform", "channel", "device"]].drop_duplicates()
    counts = ("visitors", "cart_users", "order_buyers", "pay_buyers", "pay_amount")
    shape = len(leaves), len(traffic) // len(leaves)
    shop = Shop(
        tuple(leaves.itertuples(index=False, name=None)),
        tuple(traffic.date[: shape[1]]),
        {name: traffic[name].to_numpy(float).reshape(shape) for name in counts},
        np.zeros(shape[0]),
    )
    sure, _ = told(shop, WEEK.days)
    return {(cause.series.metric, tuple(sorted(cause.node.subject.items()))) for cause in sure}


def test_a_week_without_real_change_reads_so():
    for seed in range(3):
        week = diagnose({"traffic_daily": simulate_traffic(seed)}, WEEK)
        assert confirmed(week) == set()
        assert "Nothing changed beyond chance" in week.verdict.text("en")


def test_the_search_alone_confirms_what_the_diagnosis_does():
    traffic = simulate_traffic(1)
    chosen = (traffic.platform == "douyin") & (traffic.channel == "search") & (traffic.device == "mobile")
    broken = fail_payment(traffic, chosen, WEEK.start)
    found = searched(broken)
    assert found == {("payment_rate", cell(platform="douyin", channel="search", device="mobile"))}
    assert found == confirmed(diagnose({"traffic_daily": broken}, WEEK))


@pytest.mark.parametrize(
    "shape", [{}, {"week_spread": 0.08}, {"visitors": 300}, {"spread": 0.3, "rate_spread": 0.12}], ids=str
)
def test_weeks_without_real_change_stay_silent(shape):
    assert np.mean([not searched(simulate_traffic(seed, **shape)) for seed in range(5000, 5060)]) >= 0.95


@pytest.mark.row(10, 16)
def test_a_payment_failure_is_found_as_its_cell_and_nothing_else():
    traffic = simulate_traffic(1)
    chosen = (traffic.platform == "douyin") & (traffic.channel == "search") & (traffic.device == "mobile")
    diagnosis = diagnose({"traffic_daily": fail_payment(traffic, chosen, WEEK.start)}, WEEK)
    assert confirmed(diagnosis) == {("payment_rate", cell(platform="douyin", channel="search", device="mobile"))}
    (finding,) = diagnosis.confirmed
    assert finding.money.low < finding.money.value < finding.money.high < 0
    assert finding.action.rule == "payment_interrupted"
    assert finding.q_value < 0.05
    lost = traffic[chosen & (traffic.date >= WEEK.start)].pay_amount.sum() * 0.3
    assert finding.money.low <= -lost <= finding.money.high
    first = [block.name for block in diagnosis.blocks if block.first]
    assert first == ["conversion"]
    assert "payment" in diagnosis.verdict.text("en")
    assert "支付转化率" in diagnosis.verdict.text("zh")


@pytest.mark.parametrize(
    ("chosen", "subject"),
    [
        (lambda t: t.platform == "douyin", {"platform": "douyin"}),
        (lambda t: t.date == t.date, {}),
    ],
)
def test_a_broad_failure_is_told_once_at_its_own_level(chosen, subject):
    traffic = simulate_traffic(2)
    diagnosis = diagnose({"traffic_daily": fail_payment(traffic, chosen(traffic), WEEK.start)}, WEEK)
    assert confirmed(diagnosis) == {("payment_rate", cell(**subject))}


def test_two_failures_are_two_findings():
    traffic = simulate_traffic(6)
    one = (traffic.platform == "douyin") & (traffic.channel == "search")
    two = (traffic.platform == "jd") & (traffic.channel == "paid")
    broken = fail_payment(fail_payment(traffic, one, WEEK.start, 0.6), two, WEEK.start, 0.5)
    found = confirmed(diagnose({"traffic_daily": broken}, WEEK))
    assert found == {
        ("payment_rate", cell(platform="douyin", channel="search")),
        ("payment_rate", cell(platform="jd", channel="paid")),
    }


@pytest.mark.row(10)
def test_lost_traffic_of_one_channel():
    traffic = simulate_traffic(8)
    rows = (traffic.channel == "search") & (traffic.date >= WEEK.start)
    counts = ["visitors", "cart_users", "order_buyers", "pay_buyers", "pay_amount"]
    halved = traffic[counts].astype(float)
    halved[rows] = (halved[rows] / 2).round()
    traffic[counts] = halved
    diagnosis = diagnose({"traffic_daily": traffic}, WEEK)
    assert confirmed(diagnosis) == {("visitors", cell(channel="search"))}
    assert [block.name for block in diagnosis.blocks if block.first] == ["traffic"]
    assert diagnosis.dimensions[0].dimension == "channel"


def test_a_payment_that_stops_altogether():
    traffic = simulate_traffic(1)
    chosen = (traffic.platform == "douyin") & (traffic.device == "mobile")
    diagnosis = diagnose({"traffic_daily": fail_payment(traffic, chosen, WEEK.start, left=0.0)}, WEEK)
    assert confirmed(diagnosis) == {("payment_rate", cell(platform="douyin", device="mobile"))}
    before = inside_compare(traffic[chosen]).pay_amount.sum()
    assert diagnosis.confirmed[0].money.value == pytest.approx(-before)


def inside_compare(frame):
    compare = WEEK.compared("previous")
    return frame[(frame.date >= compare.start) & (frame.date <= compare.end)]


def simpson():
    """Every channel converts worse, and the mix moves to the channel that converts best."""
    random = np.random.default_rng(3)
    traffic = simulate_traffic(
        5, platforms=("taobao",), channels=("paid", "direct"), devices=("mobile",), visitors=8000
    )
    now = traffic.date >= WEEK.start
    for channel, people, rate, worse in (("paid", 0.3, 0.05, 0.8), ("direct", 1.8, 0.2, 0.85)):
        rows = traffic.channel == channel
        traffic.loc[rows & now, "visitors"] = (traffic.visitors[rows & now] * people).astype(int)
        level = np.where(now[rows], rate * worse, rate)
        traffic.loc[rows, "cart_users"] = random.binomial(traffic.visitors[rows], 2 * level)
        traffic.loc[rows, "order_buyers"] = random.binomial(traffic.cart_users[rows], 0.6)
        traffic.loc[rows, "pay_buyers"] = random.binomial(traffic.order_buyers[rows], 0.83)
        traffic.loc[rows, "pay_amount"] = traffic.pay_buyers[rows] * 200.0
    return traffic


def test_mix_hides_that_every_channel_got_worse():
    diagnosis = diagnose({"traffic_daily": simpson()}, WEEK)
    assert diagnosis.mix.reversed
    assert diagnosis.mix_by == ("channel",)
    kinds = {item.kind for item in diagnosis.confirmed}
    assert kinds == {"mix", "rate"}
    assert ("cart_rate", ()) in confirmed(diagnosis)
    assert "Every channel converts worse" in diagnosis.verdict.text("en")
    assert "每个渠道都变差" in diagnosis.verdict.text("zh")
    assert "全部来自流量结构" in diagnosis.verdict.text("zh")


@pytest.mark.row(1)
def test_contributions_sum_to_the_change():
    diagnosis = diagnose({"traffic_daily": simulate_traffic(9)}, WEEK)
    change = diagnosis.after - diagnosis.before
    assert sum(diagnosis.tree.by_factor.values()) == pytest.approx(change, rel=1e-9)
    assert diagnosis.segments.table["contribution"].sum() == pytest.approx(change, rel=1e-9)
    assert "mix" in diagnosis.segments.by_factor


def test_orders_alone_find_a_payment_failure():
    orders = simulate_orders(3, daily=400)
    late = (orders.ordered_at.dt.date >= WEEK.start) & (orders.platform == "jd") & (orders.device == "mobile")
    broken = late & (np.random.default_rng(1).random(len(orders)) < 0.35)
    orders.loc[broken, "paid_at"] = pd.NaT
    diagnosis = diagnose(orders, WEEK)
    assert diagnosis.basis == "orders"
    assert confirmed(diagnosis) == {("order_payment_rate", cell(platform="jd", device="mobile"))}
    assert diagnose(simulate_orders(3, daily=400), WEEK).confirmed == ()


def test_defects_of_the_data_come_first():
    traffic = simulate_traffic(4)
    gap = traffic[~((traffic.platform == "jd") & (traffic.date == dt.date(2026, 11, 12)))]
    odd = gap.assign(order_buyers=np.where(gap.platform == "taobao", gap.pay_buyers // 2, gap.order_buyers))
    findings = diagnose({"traffic_daily": odd}, WEEK).findings
    said = [item.headline.text("en") for item in findings if item.kind == "data"]
    assert any("12 Nov" in text for text in said)
    assert any("above 100%" in text for text in said)
    assert [item.kind == "data" for item in findings] == sorted(
        (item.kind == "data" for item in findings), reverse=True
    )


def test_too_few_visitors_say_what_would_be_enough():
    tiny = simulate_traffic(7, visitors=4, platforms=("jd",), channels=("search",), devices=("mobile",))
    findings = diagnose({"traffic_daily": tiny}, WEEK).findings
    (short,) = [item for item in findings if item.confidence == "insufficient"]
    assert "more are needed" in short.headline.text("en")
    assert "天" in short.headline.text("zh")


def test_nothing_to_compare():
    traffic = simulate_traffic(1)
    result = diagnose({"traffic_daily": traffic[traffic.date >= WEEK.start]}, WEEK)
    assert result.confirmed == ()
    assert "nothing to compare" in result.verdict.text("en")


def test_every_finding_speaks_chinese():
    traffic = simpson()
    for item in diagnose({"traffic_daily": traffic}, WEEK).findings:
        for message in (item.headline, item.evidence, *item.notes):
            assert any("一" <= letter <= "鿿" for letter in message.text("zh"))


def test_sales_after_none_at_all_are_not_called_no_change():
    orders = simulate_orders(4, days=30)
    free = pd.to_datetime(orders["paid_at"]).dt.date < WEEK.start
    orders.loc[free, "paid_amount"] = 0.0
    found = diagnose({"order_lines": orders}, WEEK)
    assert (found.before, found.after > 0) == (0, True)
    assert "no change in per cent" in found.verdict.text("en")
    assert "对比期没有 GMV" in found.verdict.text("zh")


def two_channels(seed, share, rates=((0.02, 0.06), (0.02, 0.06)), size=1.0):
    """Eight weeks of two channels; in the last week the first has `share` of the visitors and the second rates hold."""
    random = np.random.default_rng(seed)
    rows = []
    for back in range(56):
        last = back < 7
        for channel, part, rate in zip("ab", (share, size - share) if last else (0.5, 0.5), rates[last], strict=True):
            visitors = random.poisson(3000 * part)
            buyers = random.binomial(visitors, rate)
            rows.append((WEEK.end - dt.timedelta(days=back), channel, visitors, buyers, random.gamma(4 * buyers, 25)))
    frame = pd.DataFrame(rows, columns=["date", "channel", "visitors", "pay_buyers", "pay_amount"])
    return frame.assign(platform="taobao", shop="one", level="source")


def test_a_shift_of_mix_says_nothing_of_rates_that_moved_by_chance():
    headlines = []
    for seed in range(12):
        found = diagnose({"traffic_daily": two_channels(seed, 0.3)}, WEEK)
        headlines += [item.headline.text("en") for item in found.findings if item.kind == "mix"]
    assert len(headlines) == 12
    assert sum("hides" in text or "converts worse" in text for text in headlines) <= 2
    worse = diagnose({"traffic_daily": two_channels(0, 0.05, ((0.02, 0.06), (0.015, 0.045)))}, WEEK)
    assert "converts worse" in next(item for item in worse.findings if item.kind == "mix").headline.text("en")


def test_a_channel_that_is_gone_is_told_as_lost_visitors():
    traffic = two_channels(1, 0.5, size=0.5).query("visitors > 0")
    found = diagnose({"traffic_daily": traffic}, WEEK)
    lost = next(item for item in found.confirmed if item.metric == "visitors")
    assert dict(lost.subject) == {"channel": "b"}
    before = traffic.query("channel == 'b'")
    then = WEEK.compared("previous")
    assert lost.money.value == pytest.approx(-before[before.date.between(then.start, then.end)].pay_amount.sum())
    assert all(item.kind != "mix" for item in found.confirmed)
    assert "Visitors fell" in found.verdict.text("en")


class Part:
    """Tables of which some rows were left out, as a filter does: who is new to them is not known."""

    def __init__(self, tables):
        self._data = opened(tables)
        self.currency, self.notes = self._data.currency, self._data.notes

    def has(self, table):
        return table != "daily_newcomers" and self._data.has(table)

    def query(self, sql, params=None):
        return self._data.query(sql, params)


def test_a_part_of_the_shop_is_not_called_the_whole_shop():
    orders = simulate_orders(3, daily=400)
    late = orders.ordered_at.dt.date >= WEEK.start
    orders.loc[late & (np.random.default_rng(1).random(len(orders)) < 0.35), "paid_at"] = pd.NaT
    (whole,), (part,) = diagnose(orders, WEEK).confirmed, diagnose(Part(orders), WEEK).confirmed
    assert whole.subject == part.subject == {}
    assert whole.headline.text("zh").startswith("全店：")
    assert part.headline.text("zh").startswith("整体：")
    elsewhere = replace(
        part, headline=Message("{a}", a=Message("{place} fell", place=Term(en="The whole shop", zh="全店")))
    )
    assert diagnose(Part(orders), WEEK).told([elsewhere]).findings[0].headline.text("en") == "Overall fell"
    assert diagnose(orders, WEEK).told([elsewhere]).findings[0].headline.text("en") == "The whole shop fell"
