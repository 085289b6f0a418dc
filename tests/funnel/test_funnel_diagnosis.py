import datetime as dt
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm

from ecops.errors import SpecError
from ecops.funnel import FunnelTable, diagnose, from_table, presets
from ecops.funnel.causes.cells import Step2x2, examined, nodes
from ecops.funnel.causes.daily import Daily, Spread, spreads
from ecops.funnel.causes.diagnosis import MARGIN
from ecops.funnel.telling.findings import UNDATED
from ecops.messages import Message
from ecops.periods import Period
from ecops.statistics import newcombe, two_proportions
from ecops.statistics.days import Span

CHANNELS = ("ads", "direct", "feed", "live", "search", "social")
HEADERS = ("exposure", "click", "cart", "order", "pay")
RATES = np.tile([0.05, 0.12, 0.5, 0.8], (6, 1))
SIZES = (10_000, 25_000, 56_000, 100_000, 200_000, 400_000)


def week(random, rates=RATES, sizes=SIZES, value=180.0):
    """One week of six channels, counted."""
    counts = np.zeros((6, 5))
    counts[:, 0] = random.poisson(sizes)
    for step in range(4):
        counts[:, step + 1] = random.binomial(counts[:, step].astype(int), rates[:, step])
    return FunnelTable(
        steps=presets()["five_steps"].steps,
        by=("channel",),
        segments=tuple((channel,) for channel in CHANNELS),
        counts=counts,
        distinct=counts.sum(0),
        amount=counts[:, -1] * value,
        mode="counts",
        order="count",
        unit="count",
        # Drawn of independent people, and said to be.
        dispersion=1.0,
    )


def lowered(channel, step, factor=0.9):
    rates = RATES.copy()
    rates[channel, step] *= factor
    return rates


def weeks(number, rates, seed):
    random = np.random.default_rng(seed)
    return [diagnose(week(random, rates), week(random)) for _ in range(number)]


def test_weeks_without_change_are_silent():
    found = weeks(250, RATES, seed=3)
    assert sum(bool(week.findings) for week in found) / 250 <= 0.05
    # All p-values and the whole distribution of the smallest q-value say more of few weeks than the rare false alarms.
    p_values = np.concatenate([week.cells.p_value.to_numpy() for week in found])
    for level in (0.05, 0.2, 0.5):
        assert np.mean(p_values < level) == pytest.approx(level, abs=0.2 * level)
    smallest = np.array([week.cells.q_value.min() for week in found])
    assert [np.mean(smallest < level) <= level for level in (0.05, 0.1, 0.2, 0.3, 0.5)] == [True] * 5
    assert 0.25 <= np.mean(smallest < 0.5) <= 0.42


def test_a_drop_in_one_cell_is_found_alone():
    """10 % in a cell where a single test at 5 % has a power of .97 (mean z 3.84), as on the design's setting."""
    found = weeks(200, lowered(2, 0), seed=2)
    mine = {"channel": "feed", "step": "click"}
    subjects = [[dict(finding.subject) for finding in week.findings] for week in found]
    assert np.mean([mine in told for told in subjects]) >= 0.75
    assert np.mean([sum(one != mine for one in told) for told in subjects]) <= 0.10
    cells = pd.concat([week.cells for week in found])
    p_values = cells.p_value[(cells.channel == "feed") & (cells.step == "click")]
    assert np.mean(norm.isf(p_values / 2)) == pytest.approx(3.84, abs=0.2)


def test_a_cause_at_one_step_does_not_lower_the_bar_for_the_others():
    rates = RATES.copy()
    rates[:, 1] *= 0.5
    found = weeks(120, rates, seed=8)
    assert all({"step": "cart"} in [dict(finding.subject) for finding in week.findings] for week in found)
    others = sum(any(finding.subject["step"] != "cart" for finding in week.findings) for week in found)
    assert others / 120 <= 0.05


def two_devices(desktop, mobile):
    """A platform whose orders were paid by 150 of 200 on the desktop, 1,500 of 2,000 on mobile; and a calm one."""
    tables = []
    for paid in ((150, 1_500), (desktop, mobile)):
        rows = [("a", "desktop", 200, paid[0]), ("a", "mobile", 2_000, paid[1])]
        rows += [("b", "desktop", 900, 700), ("b", "mobile", 3_000, 2_400)]
        frame = pd.DataFrame(rows, columns=["platform", "device", "order_buyers", "pay_buyers"])
        tables.append(from_table(frame, ["order_buyers", "pay_buyers"], by=["platform", "device"]))
    return diagnose(tables[1], tables[0])


@pytest.mark.parametrize(
    ("desktop", "mobile", "subject"),
    [
        # Mobile alone fell: the platform's change is 100 % mobile's, the desktop stands still.
        (150, 1_200, {"platform": "a", "device": "mobile"}),
        # Both fell alike: mobile is 91 % of the change because it is 91 % of the orders, not because it is the cause.
        (120, 1_200, {"platform": "a"}),
    ],
)
def test_a_change_is_told_where_it_happened(desktop, mobile, subject):
    (finding,) = two_devices(desktop, mobile).findings
    place = {name: value for name, value in finding.subject.items() if name != "step"}
    assert place == subject


def test_one_finding_with_its_money():
    random = np.random.default_rng(4)
    before, after = week(random), week(random, lowered(5, 3, 0.6))
    found = diagnose(after, before)
    (finding,) = found.findings
    assert dict(finding.subject) == {"channel": "social", "step": "pay"}
    now, then = after.only(channel="social").distinct, before.only(channel="social").distinct
    lost = now[3] * (then[4] / then[3] - now[4] / now[3]) * 180.0
    assert finding.money.value == pytest.approx(-lost)
    low, high = newcombe((then[4], then[3]), (now[4], now[3]))
    assert finding.ci == pytest.approx((float(low), float(high)), rel=1e-3)
    assert finding.money.low == pytest.approx(float(low) * now[3] * 180, rel=1e-3)
    assert finding.money.low < finding.money.value < finding.money.high < 0
    assert finding.confidence == "watch"
    assert "no days" in finding.notes[-1].text("en")
    assert finding.action.rule == "payment_interrupted"
    assert found.verdict is finding.headline
    assert finding.period == UNDATED
    assert "social" in finding.headline.text("en")
    assert "social「下单→支付」转化率由 78% 降到 46%，少收约" in finding.headline.text("zh")


def test_what_was_lost_swings_as_days_do_that_lost_nothing():
    # 12 % fell to 7 %: fewer go on, so their number alone would swing less than what was lost.
    random = np.random.default_rng(4)
    before, after = week(random), week(random, lowered(4, 1, 0.6))
    (finding,) = diagnose(after, before).findings
    now, then = (table.only(channel="search").distinct[1:3] for table in (after, before))
    change, usual = now[1] / now[0] - then[1] / then[0], then[1] / then[0] * now[0]
    reach = [float(end) for end in newcombe((then[1], then[0]), (usual, now[0]))]
    fallen = [float(end) - change for end in newcombe((then[1], then[0]), (now[1], now[0]))]
    assert finding.ci == pytest.approx((change + reach[0], change + reach[1]), rel=1e-3)
    assert reach[0] < 1.05 * fallen[0] < 0
    assert reach[1] > 1.05 * fallen[1] > 0


def test_money_adds_up_exactly():
    random = np.random.default_rng(5)
    before, after = week(random), week(random, lowered(1, 1, 0.5))
    parts = diagnose(after, before).money
    assert parts.before == pytest.approx(before.amount.sum(), rel=1e-12)
    assert parts.after == pytest.approx(after.amount.sum(), rel=1e-12)
    assert sum(parts.by_factor.values()) == pytest.approx(after.amount.sum() - before.amount.sum(), rel=1e-9)
    assert set(parts.by_factor) == {"entered", "mix", "click", "cart", "order", "pay", "order_value"}


def test_a_drop_everywhere_is_told_once():
    random = np.random.default_rng(6)
    rates = RATES.copy()
    rates[:, 2] *= 0.7
    found = [f for f in diagnose(week(random, rates), week(random)) if f.subject["step"] == "order"]
    assert [dict(finding.subject) for finding in found] == [{"step": "order"}]


def test_two_broken_channels_are_two_findings():
    random = np.random.default_rng(7)
    rates = RATES.copy()
    rates[[4, 5], 0] *= 0.8
    found = diagnose(week(random, rates), week(random))
    assert {finding.subject["channel"] for finding in found.findings} == {"search", "social"}


def test_the_finest_cell_is_found_in_three_dimensions():
    random = np.random.default_rng(8)

    def table(broken):
        rows = [
            [
                channel,
                device,
                new,
                n,
                random.binomial(n, 0.1 * (0.5 if broken and (channel, device, new) == cell else 1)),
            ]
            for channel in ("ads", "feed", "search")
            for device in ("desktop", "mobile")
            for new in ("new", "old")
            for n in [random.poisson(30_000)]
        ]
        frame = pd.DataFrame(rows, columns=["channel", "device", "segment", "visitors", "pay_buyers"])
        return from_table(frame, by=["channel", "device", "segment"])

    cell = ("feed", "mobile", "new")
    (finding,) = diagnose(table(True), table(False)).findings
    assert dict(finding.subject) == {"channel": "feed", "device": "mobile", "segment": "new", "step": "pay"}


def simpson(visits, rates):
    orders = [round(n * r) for n, r in zip(visits, rates, strict=True)]
    data = {"channel": ["paid social", "direct"], "visitors": visits, "pay_buyers": orders}
    return from_table(pd.DataFrame(data), by="channel")


@pytest.mark.row(86)
def test_simpsons_paradox_is_said():
    found = diagnose(simpson([1000, 4000], [0.03, 0.18]), simpson([4000, 1000], [0.05, 0.20]))
    assert found.mix.rate == pytest.approx(-0.02)
    assert found.mix.mix == pytest.approx(0.09)
    assert found.mix.reversed
    assert "全部来自流量结构" in found.verdict.text("zh")
    assert "Every segment got worse" in found.verdict.text("en")
    assert [finding.kind for finding in found.findings].count("mix") == 1


def test_a_change_of_mix_is_no_change_of_rates():
    random = np.random.default_rng(9)
    sizes = [400_000, 25_000, 56_000, 100_000, 200_000, 10_000]
    rates = RATES * np.linspace(0.5, 1.2, 6)[:, None]
    found = diagnose(week(random, rates, sizes=sizes), week(random, rates))
    assert [finding.kind for finding in found.findings] == ["mix"]
    assert found.findings[0].action.rule == "mix_shift"


def test_fewer_visitors_are_traffic_not_conversion():
    random = np.random.default_rng(10)
    found = diagnose(week(random, sizes=np.array(SIZES) * 0.7), week(random))
    assert found.findings == ()
    assert "traffic" in found.verdict.text("en")


@pytest.mark.row(71)
def test_a_gap_to_a_benchmark():
    random = np.random.default_rng(11)
    found = diagnose(week(random), benchmark={"pay": 0.9, "click": 0.0499})
    assert {finding.subject["step"] for finding in found.findings} == {"pay"}
    (finding,) = [f for f in found.findings if len(f.subject) == 1]
    assert finding.before == pytest.approx(0.9)
    assert finding.compare is None
    assert finding.money.value < 0
    same = week(np.random.default_rng(12))
    assert diagnose(same, benchmark=same).findings == ()


def test_dispersion_of_days_is_allowed_for():
    """The same rates, but days that differ twice as much as chance: a plain test would speak too often."""
    random = np.random.default_rng(13)

    def days(start):
        rows = []
        for day in pd.date_range(start, periods=14):
            rate = float(np.clip(random.normal(0.10, 0.006), 0.01, 0.5))
            rows.append((day, 20_000, random.binomial(20_000, rate)))
        return from_table(pd.DataFrame(rows, columns=["date", "visitors", "pay_buyers"]))

    spoken = naive = 0
    for _ in range(150):
        before, after = days("2026-10-01"), days("2026-10-15")
        found = diagnose(after, before, min_effect=0.0)
        spoken += bool(found.findings)
        x0, n0, x1, n1 = before.distinct[1], before.distinct[0], after.distinct[1], after.distinct[0]
        naive += float(two_proportions((x0, n0), (x1, n1))) < MARGIN * 0.05
    assert spoken / 150 <= 0.07
    assert naive / 150 > 0.3


def test_each_step_and_each_test_beside_them_is_a_family():
    step = Step2x2(*(np.array(part) for part in ([50.0, 60.0], [500.0, 500.0], [70.0, 61.0], [500.0, 500.0])))
    places = nodes(("channel",), (("a",), ("b",)))
    even = [[Spread(1.0, np.inf)] * len(places)] * 3
    cells, beside = examined(places, [step] * 3, even, extra=[0.01, 0.5])
    assert beside == pytest.approx([0.05, 1.0])
    assert {cell.tests for cell in cells} == {5 * len(places)}
    alone = examined(places, [step], even[:1])[0]
    assert [cell.q_value for cell in cells[: len(alone)]] == pytest.approx([min(5 * c.q_value, 1.0) for c in alone])


def test_a_table_whose_rates_do_not_multiply_has_no_money_by_factor():
    random = np.random.default_rng(13)
    good, bad = week(random), week(random)
    bad.counts[0, 2] = 0.0
    assert diagnose(good, bad).money is None
    assert diagnose(bad, good).money is None
    assert diagnose(good, week(random)).money is not None


def test_guards():
    random = np.random.default_rng(14)
    before, after = week(random), week(random, lowered(5, 0, 0.9))
    assert diagnose(after, before).findings
    assert diagnose(after, before, min_effect=0.2).findings == ()
    assert diagnose(after, before, min_loss=1e9).findings == ()
    assert diagnose(after, before, alpha=1e-60).findings == ()


def test_dates_reach_the_findings_and_money_is_a_week():
    random = np.random.default_rng(15)

    def days(start, rate):
        rows = [(d, 10_000, random.binomial(10_000, rate), 100.0) for d in pd.date_range(start, periods=14)]
        frame = pd.DataFrame(rows, columns=["date", "visitors", "pay_buyers", "pay_amount"])
        return from_table(frame.assign(pay_amount=frame["pay_buyers"] * 100.0))

    (finding,) = diagnose(days("2026-11-01", 0.05), days("2026-10-18", 0.08)).findings
    assert finding.period == Period(dt.date(2026, 11, 1), dt.date(2026, 11, 14))
    assert finding.compare == Period(dt.date(2026, 10, 18), dt.date(2026, 10, 31))
    assert finding.money.horizon == "week"
    assert finding.money.value == pytest.approx(70_000 * (finding.after - finding.before) * 100)
    assert "a week lost" in finding.headline.text("en")


def test_segments_that_come_and_go():
    tables = [
        from_table(pd.DataFrame({"channel": channels, "visitors": visitors, "pay_buyers": buyers}), by="channel")
        for channels, visitors, buyers in ((["a", "new"], [1000, 500], [50, 20]), (["a", "old"], [990, 400], [51, 30]))
    ]
    after, before = tables
    found = diagnose(after, before)
    assert sum(found.money.by_factor.values()) == pytest.approx(70 - 81)
    assert found.findings == ()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda a, _: diagnose(a), "nothing to compare with"),
        (lambda a, b: diagnose(a, b.along(())), "split differently"),
        (lambda a, _: diagnose(a, benchmark={"payy": 0.5}), "Did you mean pay"),
        (lambda a, _: diagnose(a, benchmark={"pay": 50}), "share"),
        (lambda a, b: diagnose(a, b, alpha=5), "between 0 and 1"),
    ],
)
def test_wrong_questions_are_refused(change, said):
    random = np.random.default_rng(16)
    with pytest.raises(SpecError) as caught:
        change(week(random), week(random))
    assert said in str(caught.value)


def test_rows_in_any_order_give_the_same_diagnosis():
    random = np.random.default_rng(17)
    before, after = week(random), week(random, lowered(3, 1, 0.7))

    def shuffled(table):
        order = np.random.default_rng(1).permutation(len(table.segments))
        rows = table.rows.pivot_table(index="channel", columns="step", values="n").iloc[order].reset_index()
        again = rows.assign(pay_amount=rows["pay"] * 180.0)
        made = from_table(again, list(HEADERS), by="channel", amount="pay_amount")
        return replace(made, dispersion=1.0)

    one, other = diagnose(after, before), diagnose(shuffled(after), shuffled(before))
    assert [(dict(f.subject), f.money) for f in one.findings] == [(dict(f.subject), f.money) for f in other.findings]
    pd.testing.assert_frame_equal(one.cells, other.cells)


def test_the_stratified_statistic_is_mantel_haenszels():
    from statsmodels.stats.contingency_tables import StratifiedTable

    x0, n0, x1, n1 = (np.array(v, dtype=float) for v in ([30, 5, 60], [200, 80, 200], [20, 9, 80], [210, 90, 280]))
    u, v, _ = Step2x2(x0, n0, x1, n1).parts
    tables = [np.array([[a, b - a], [c, d - c]]) for a, b, c, d in zip(x1, n1, x0, n0, strict=True)]
    reference = StratifiedTable(tables).test_null_odds().statistic
    # Mantel-Haenszel divides by N - 1 instead of N.
    total = n0 + n1
    assert u.sum() ** 2 / (v * total / (total - 1)).sum() == pytest.approx(reference, rel=1e-9)


def test_nodes_hold_different_segments():
    found = nodes(("channel", "device"), [("a", "m"), ("a", "d"), ("b", "m")])
    assert [node.subject for node in found] == [
        (),
        (("channel", "a"),),
        (("channel", "b"),),
        (("device", "d"),),
        (("device", "m"),),
        (("channel", "a"), ("device", "m")),
    ]


def test_every_sentence_is_chinese_in_chinese():
    random = np.random.default_rng(18)
    found = diagnose(week(random, lowered(5, 3, 0.5)), week(random))
    sentences: list[Message] = [found.verdict, *(f.evidence for f in found.findings)]
    for sentence in sentences:
        assert sentence.text("zh") != sentence.text("en")


@pytest.mark.parametrize("seed", range(12))
def test_small_and_broken_tables_never_fail(seed):
    """Zeros, rates above 100 %, segments of one period only, tables without money: a diagnosis or silence, no error."""
    random = np.random.default_rng(seed)
    tables = []
    for _ in range(2):
        rows = int(random.integers(1, 5))
        frame = pd.DataFrame(
            {
                "channel": random.choice(["a", "b", "c", "d", "e"], rows, replace=False),
                "visitors": random.integers(0, 40, rows) * int(random.integers(0, 2)),
                "cart_users": random.integers(0, 30, rows),
                "pay_buyers": random.integers(0, 20, rows),
            }
        )
        money = {"pay_amount": frame["pay_buyers"] * 10.0} if seed % 2 else {}
        tables.append(from_table(frame.assign(**money), by="channel"))
    after, before = tables
    found = diagnose(after, before, benchmark={"pay": 0.5})
    assert found.verdict.text("zh")
    assert len(found.cells.columns) in (0, 10)
    if (after.distinct[1:] > after.distinct[:-1]).any():
        assert found.issues[0].severity == "error"


def stream(seed=1, fall=None, **shape):
    """A funnel with its days, the days compared with, and the days before."""
    from tools.calibrate.funnel import Stream, tables

    after, before, past = tables(Stream(**shape), np.random.default_rng(seed), fall)
    return replace(after, past=past), before


def test_a_diagnosis_is_its_findings():
    from ecops.funnel import Diagnosis
    from tools.calibrate.funnel import Fall

    found = diagnose(*stream(fall=Fall(0.6)))
    assert isinstance(found, Diagnosis)
    assert tuple(found) == found.findings
    assert [item.confidence for item in found] == ["confirmed"]


def test_nothing_is_confirmed_on_an_assumed_dispersion_or_a_short_history():
    from tools.calibrate.funnel import Fall

    after, before = stream(fall=Fall(0.6))
    undated = [replace(table, days=(), daily=None, past=None) for table in (after, before)]
    (assumed,) = diagnose(*undated)
    assert assumed.confidence == "watch"
    assert "1.5 times" in assumed.notes[-1].text("en")
    (wide,) = diagnose(replace(undated[0], dispersion=9.0), undated[1])
    assert wide.money.high - wide.money.low > 2 * (assumed.money.high - assumed.money.low)
    (short,) = diagnose(replace(after, past=None), before)
    assert short.confidence == "watch"
    assert "28 are needed" in short.notes[-1].text("en")
    with pytest.raises(SpecError, match="dispersion"):
        diagnose(replace(undated[0], dispersion=0.5), undated[1])


def test_a_shock_common_to_all_channels_is_no_change():
    found = [diagnose(*stream(seed, common=0.08)) for seed in range(20)]
    assert sum(bool(tuple(one)) for one in found) <= 3


def test_a_past_of_another_funnel_is_not_used():
    after, before = stream()
    other = replace(after.past.along(()), by=())
    assert diagnose(replace(after, past=other), before).cells["p_value"].notna().all()
    (first, *_) = after.segments
    assert after.only(channel=first[0]).past.segments == (first,)
    assert after.along(()).past.counts.sum() == pytest.approx(after.past.counts.sum())


def test_the_ends_of_independent_amounts_add_up_by_squares():
    from ecops.funnel.workspace import compared

    random = np.random.default_rng(7)
    rates = RATES.copy()
    rates[[4, 5], 0] *= 0.8
    found = compared(week(random, rates), week(random))
    amounts = [finding.money for finding in found.findings]
    assert len(amounts) == 2
    assert found.total.value == pytest.approx(sum(money.value for money in amounts))
    below = [money.value - money.low for money in amounts]
    above = [money.high - money.value for money in amounts]
    assert found.total.value - found.total.low == pytest.approx(np.hypot(*below))
    assert found.total.high - found.total.value == pytest.approx(np.hypot(*above))
    assert np.hypot(*below) < 0.9 * sum(below)


def test_four_weeks_of_days_have_a_pattern_of_weekdays_and_fewer_have_none():
    """At weekends twice as many go on as on other days; only a pattern says that this is nothing unusual."""
    number = np.arange(28)
    people = np.full((28, 1), 50_000.0)
    on = np.random.default_rng(1).binomial(50_000, np.where(number % 7 >= 5, 0.2, 0.1)).astype(float)[:, None]
    inside = [((number >= begin) & (number < begin + 7)).astype(float) for begin in (14, 21)]
    span = Span(number + 1000, (number >= 21).astype(np.int64), number % 7, *inside)
    (whole,) = spreads([np.ones(1)], Daily(on, people, span))
    (shorter,) = spreads([np.ones(1)], Daily(on[1:], people[1:], Span(*(part[1:] for part in span))))
    assert whole.phi < 3
    assert shorter.phi > 100
