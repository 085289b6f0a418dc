"""Every limit of the checks of a funnel: what lies on it, just inside and just outside."""

import datetime as dt
import math

import numpy as np
import pandas as pd
import pytest

from ecops.errors import SpecError
from ecops.funnel import FunnelSpec, Step, diagnose, from_events, from_table, quality
from ecops.funnel.causes.daily import daily_of, days_before, enough, measured, spreads
from ecops.funnel.causes.quality import level_shift
from ecops.periods import Period
from ecops.statistics.days import usual_swing
from tests.funnel.oracle import frame

AB, ABC = FunnelSpec(list("AB"), window=None), FunnelSpec(list("ABC"), window=None)
APART, REVERSED, TIED = [(0, "A"), (9, "B")], [(9, "A"), (0, "B")], [(5, "A"), (5, "B"), (5, "x")]
WHOLE, SKIPPED = [(0, "A"), (1, "B"), (2, "C")], [(0, "A"), (2, "C")]


def people(*groups):
    """A log of so many users of each kind."""
    return {f"{place}-{n}": events for place, (number, events) in enumerate(groups) for n in range(number)}


def issues(data, *asked, **options):
    return {issue.kind: issue for issue in quality(data, *asked, **options)}


@pytest.mark.parametrize(
    ("kind", "spec", "usual", "odd", "least"),
    [
        ("out_of_order", AB, APART, REVERSED, 9),
        ("out_of_order", AB.changed(order="any"), APART, REVERSED, 9),
        ("skipped_step", ABC, WHOLE, SKIPPED, 4),
        ("skipped_step", ABC.changed(order="any"), WHOLE, SKIPPED, 4),
        ("ties", AB, APART, TIED, 19),
        ("ties", AB.changed(order="strict"), APART, TIED, 19),
    ],
)
def test_a_check_of_a_log_speaks_from_its_share_on(kind, spec, usual, odd, least):
    found = issues(frame(people((least, usual), (1, odd))), spec)
    assert found[kind].share == pytest.approx(1 / (least + 1))
    assert found[kind].hint is not None
    assert kind not in issues(frame(people((least + 1, usual), (1, odd))), spec)
    assert kind not in issues(frame(people((least, usual), (1, odd))), spec.changed(order="count"))


def test_what_is_told_of_the_order_is_the_worst_pair_and_its_numbers():
    log = people((6, WHOLE), (1, [(0, "B"), (1, "A"), (2, "C")]), (3, [(0, "C"), (1, "A"), (2, "B")]), (5, [(0, "A")]))
    told = issues(frame(log), ABC)["out_of_order"]
    assert told.message.text("en").endswith("have C stamped before B (3 of 10).")
    assert "ties" not in issues(frame(people((1, TIED))), AB.changed(order="any"))
    assert "out_of_order" not in issues(frame(people((1, TIED))), AB)


@pytest.mark.parametrize(("rows", "severity"), [(100, "warning"), (101, "info")])
@pytest.mark.parametrize(("column", "kind"), [("user_id", "missing_ids"), ("happened_at", "missing_times")])
def test_events_of_nobody_are_a_warning_from_one_in_a_hundred(rows, severity, column, kind):
    data = frame({f"u{n}": [(n, "A")] for n in range(rows)})
    data.loc[0, column] = None
    found = issues(data, AB)
    assert (found[kind].severity, found[kind].share) == (severity, 1 / rows)
    assert kind not in issues(frame({f"u{n}": [(n, "A")] for n in range(rows)}), AB)


@pytest.mark.parametrize(("ids", "told"), [(98, False), (99, True)])
def test_a_crowd_is_seen_among_a_hundred_ids(ids, told):
    log = {f"u{n}": [(n, "A")] for n in range(ids)} | {"robot": [(n, "A") for n in range(1_500)]}
    found = issues(frame(log), AB)
    assert ("merged_ids" in found) is told
    if told:
        assert found["merged_ids"].share == 1_500 / (1_500 + ids)


@pytest.mark.parametrize(("window", "told"), [(100, False), (101, True)])
def test_a_window_as_long_as_the_log_is_not_too_long(window, told):
    data = frame({"u": [(0, "A"), (100, "x")]})
    assert ("window_too_long" in issues(data, AB.changed(window=window))) is told
    assert "window_too_long" not in issues(data, AB.changed(window=window, order="count"))


@pytest.mark.parametrize(("whole", "told"), [(19, True), (20, False)])
def test_starts_without_their_whole_window_are_told_from_one_in_twenty(whole, told):
    spec = AB.changed(window=100)
    data = frame(people((whole, [(900, "A")]), (1, [(901, "A")]), (1, [(1_000, "x")])))
    assert ("truncated_windows" in issues(data, spec)) is told
    assert "truncated_windows" not in issues(data, spec.changed(order="count"))


def test_only_starts_of_the_period_are_asked_for_their_window():
    day, spec = 86_400, AB.changed(window="13h")
    period = Period(dt.date(2026, 11, 2), dt.date(2026, 11, 2))

    def found(last):
        log = people((19, [(day, "A")]), (1, [(last, "A")]), (1, [(int(2.5 * day), "x")]))
        return issues(frame(log), spec, period=period)

    assert found(2 * day - 1)["truncated_windows"].share == 1 / 20
    assert "truncated_windows" not in found(2 * day)


STEADY = [0.0, 0.1, 0.0, 0.1, 0.0]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([1e4, 1e4, 2e4, 2e4], None),
        ([1e4, 1e4, 2e4, 2e4, 2e4], (2, 2.0)),
        ([2e4, 2e4, 1e4, 1e4, 1e4], (2, 0.5)),
        ([1e6] * 3 + [1.26e6] * 3, (3, 1.26)),
        ([1e6] * 3 + [1.24e6] * 3, None),
        ([0.0, 1e4, 1e4, 2e4, 2e4, 2e4], None),
        # The first and the last day are rarely whole.
        ([1e4] * 3 + [2e4] * 3 + [9e4], (3, 2.0)),
        ([1e3] + [1e4] * 3 + [2e4] * 3, (4, 2.0)),
        ([1e4] * 6 + [2e4], None),
        # Six times the noise of counts: 6 / sqrt(90) lies below ln 2, 6 / sqrt(60) above.
        ([60.0] * 3 + [120.0] * 3, (3, 2.0)),
        ([40.0] * 3 + [80.0] * 3, None),
        # Six times the noise of the days: 6 x 1.4826 x .1 is .89.
        (np.exp(14 + np.array(STEADY + [0.95 - one for one in STEADY])), (5, np.exp(0.95))),
        (np.exp(14 + np.array(STEADY + [0.85 - one for one in STEADY])), None),
        # One day beyond the middle undoes it, before and after, up and down.
        ([1e4] * 4 + [2e4, 2e4, 1.1e4, 2e4], None),
        ([1e4, 1.8e4, 1e4, 1e4] + [2.2e4] * 4, None),
        ([2e4] * 4 + [1e4, 1e4, 1.9e4, 1e4], None),
        ([2.2e4, 1.2e4, 2.2e4, 2.2e4] + [1e4] * 4, None),
    ],
)
def test_a_jump_of_coverage(values, expected):
    found = level_shift(np.array(values))
    assert found == (None if expected is None else (expected[0], pytest.approx(expected[1])))


def counted(days, **columns):
    dates = [dt.date(2026, 11, 1) + dt.timedelta(n) for n in days]
    return from_table(pd.DataFrame({"date": dates, "visitors": 100, "pay_buyers": 10, **columns}))


@pytest.mark.parametrize(
    ("days", "kinds"),
    [([0], set()), ([0, 1], {"not_additive"}), ([0, 2], {"not_additive", "days_missing"})],
)
def test_one_day_is_no_sum_and_misses_none(days, kinds):
    found = issues(counted(days))
    assert set(found) == kinds
    if "days_missing" in kinds:
        assert found["days_missing"].share == pytest.approx(1 / 3)
        assert found["days_missing"].message.text("en").startswith("1 day")


def test_who_stands_in_two_segments_is_told_with_the_share():
    log = people((1, [(0, "A", "x"), (1, "B", "x"), (2, "B", "y")]), (2, [(0, "A", "x"), (1, "B", "x")]))
    both = from_events(frame(log), AB.changed(attribution="step:2"), by="channel")
    assert both.counts.sum(0)[0] == 4
    assert both.distinct.tolist() == [3, 3]
    assert issues(both)["overlap"].share == 0.25
    assert "overlap" not in issues(from_events(frame(log), AB, by="channel"))
    later = people((1, log["0-0"]), (2, [(0, "A", "x"), (1, "B", "x"), (2, "C", "x")]))
    # Nobody who stands in two went on to the last step.
    assert issues(from_events(frame(later), ABC.changed(attribution="step:2"), by="channel"))["overlap"].share == 0.25


def test_as_many_as_before_is_no_rate_above_one_and_the_first_segment_beyond_it_is_named():
    data = pd.DataFrame({"channel": list("abcd"), "visitors": [50, 20, 20, 90], "pay_buyers": [50, 21, 22, 1]})
    (issue,) = quality(from_table(data, ["visitors", "pay_buyers"], by="channel"))
    assert issue.message.text("en").startswith("In b, ")
    assert issue.share == 0.5
    assert quality(from_table(data[:1], ["visitors", "pay_buyers"])) == ()


@pytest.mark.parametrize(
    ("step", "told"),
    [
        (Step("Wishlist"), True),
        (Step("s", events=("seen", "FAV")), True),
        (Step("s", columns=("收藏人数",)), True),
        (Step("fav", optional=True), False),
        (Step("cart"), False),
    ],
)
def test_favourites_are_no_step_before_buying(step, told):
    columns = {"A": [9], step.columns[0] if step.columns else step.name: [5], "B": [3]}
    table = from_table(pd.DataFrame(columns), ["A", step, "B"])
    assert ("parallel_steps" in issues(table)) is told


@pytest.mark.parametrize(
    ("change", "benchmark", "alpha", "said"),
    [
        ({}, {"pay": 0.5}, 0.0, "between 0 and 1"),
        ({}, {"pay": 0.5}, 1.0, "between 0 and 1"),
        ({"dispersion": 0.99}, {"pay": 0.5}, 0.05, "dispersion"),
        ({}, {"pay": 0.0}, 0.05, "as a share"),
        ({}, {"pay": 1.0}, 0.05, "as a share"),
        ({}, {"visit": 0.5}, 0.05, "visit"),
    ],
)
def test_limits_of_a_question(change, benchmark, alpha, said):
    from dataclasses import replace

    with pytest.raises(SpecError, match=said):
        diagnose(replace(counted([0]), **change), benchmark=benchmark, alpha=alpha)
    diagnose(replace(counted([0]), dispersion=1.0), benchmark={"pay": 0.99}, alpha=0.99)


def test_a_change_of_mix_is_told_from_the_least_loss_on():
    def week(visitors, pays):
        money = [100.0 * count for count in pays]
        data = {"channel": ["paid", "direct"], "visitors": visitors, "pay_buyers": pays, "pay_amount": money}
        return from_table(pd.DataFrame(data), by="channel")

    after, before = week([1_000, 4_000], [30, 720]), week([4_000, 1_000], [200, 200])

    def told(least):
        return [one for one in diagnose(after, before, min_loss=least).findings if one.kind == "mix"]

    (finding,) = told(0.0)
    # Nine points of 5,000 visitors, at 100 an order.
    assert finding.money.value == pytest.approx(0.09 * 5_000 * 100)
    assert told(finding.money.value) == [finding]
    assert told(math.nextafter(finding.money.value, math.inf)) == []


@pytest.mark.parametrize(("days", "known"), [(2, False), (3, True)])
def test_three_days_can_differ(days, known):
    few, many = counted(range(days)), counted(range(10, 20))
    assert measured(few, None) is known
    assert measured(few, many) is known
    assert measured(many, few) is known
    assert (daily_of(1, 0, many, few, None) is not None) is known


def test_four_weeks_tell_how_much_days_remember_each_other():
    before = counted(range(10))
    assert days_before(before, counted(range(5, 20))) == 20
    assert days_before(None, None) == 0
    assert not enough(before, counted(range(27)))
    assert enough(before, counted(range(28)))


@pytest.mark.parametrize(("gap", "level"), [(7, 0), (8, 2)])
def test_days_more_than_a_week_away_have_a_level_of_their_own(gap, level):
    history, before, after = counted(range(10, 20)), counted([19 + gap, 22 + gap]), counted(range(60, 64))
    early = counted([10 - gap, 7 - gap, 4 - gap])
    for near in (counted([19 + gap, 20 + gap, 22 + gap]), early):
        daily = daily_of(1, 0, after, near, history)
        assert daily.span.level.tolist() == [0] * 10 + [level] * 3 + [1] * 4
        assert daily.span.before.tolist() == [0] * 10 + [1] * 3 + [0] * 4
        assert daily.span.after.tolist() == [0] * 13 + [1] * 4
    assert daily_of(1, 0, after, None, history).span.level.tolist() == [0] * 14
    assert len(before.days) == 2


def test_a_segment_with_more_after_than_before_on_any_day_is_left_out():
    rows = [(n, channel, 100, pays) for n in range(6) for channel, pays in (("a", 100), ("b", 100 + (n == 2)))]
    data = pd.DataFrame(rows, columns=["day", "channel", "visitors", "pay_buyers"])
    data["date"] = [dt.date(2026, 11, 1) + dt.timedelta(n) for n in data["day"]]
    daily = daily_of(1, 0, from_table(data.drop(columns="day"), by="channel"), None, None)
    assert daily.on.sum(0).tolist() == [600, 0]
    assert daily.entered.sum(0).tolist() == [600, 0]


@pytest.mark.parametrize("compared", [True, False])
def test_how_much_a_part_swings_is_that_of_its_days_over_that_of_independent_people(compared):
    random = np.random.default_rng(8)
    rows = []
    for day in range(24):
        for channel, rate in (("a", 0.1), ("b", 0.3), ("c", 0.2)):
            came = int(random.poisson(900))
            rows.append((day, channel, came, random.binomial(came, float(np.clip(random.normal(rate, 0.03), 0, 1)))))
    data = pd.DataFrame(rows, columns=["day", "channel", "visitors", "pay_buyers"])
    data["date"] = [dt.date(2026, 11, 1) + dt.timedelta(n) for n in data["day"]]
    parts = [from_table(data[data["day"].between(*ends)].drop(columns="day"), by="channel")
             for ends in ((0, 9), (10, 16), (17, 23))]  # fmt: skip
    history, before, after = parts
    daily = daily_of(1, 0, after, before if compared else None, history)
    members = [np.array([1, 1, 1]), np.array([1, 0, 1]), np.array([0, 1, 0])]
    usual = daily.on.sum(0) / daily.entered.sum(0)
    on, came, exposure = (
        np.array([part[:, inside > 0].sum(1) for inside in members])
        for part in (daily.on, daily.entered, daily.entered * usual)
    )
    rates = on.sum(1) / came.sum(1)
    swing = usual_swing(on, exposure, daily.span, variance=1 - rates, weekdays=False)
    for at, found in enumerate(spreads(members, daily)):
        units = 1 / came[at, daily.span.after > 0].sum()
        if compared:
            units += 1 / came[at, daily.span.before > 0].sum()
        assert found.df == pytest.approx(swing.df[at])
        assert found.phi == pytest.approx(swing.error[at] ** 2 / ((1 - rates[at]) / rates[at] * units))
        assert found.phi > 1


def test_a_part_of_which_nothing_is_known_swings_as_the_whole():
    days = range(12)
    rows = [(n, c, v, p) for n in days for c, v, p in (("a", 900, 90 + 20 * (n % 2)), ("b", 0, 0))]
    data = pd.DataFrame(rows, columns=["day", "channel", "visitors", "pay_buyers"])
    data["date"] = [dt.date(2026, 11, 1) + dt.timedelta(n) for n in data["day"]]
    before, after = (from_table(data[part].drop(columns="day"), by="channel")
                     for part in (data["day"] < 6, data["day"] >= 6))  # fmt: skip
    daily = daily_of(1, 0, after, before, None)
    whole, nothing = spreads([np.array([1, 1]), np.array([0, 1])], daily)
    assert nothing == whole
    (unknown,) = spreads([np.array([0, 1])], daily)
    assert unknown == (1.0, np.inf)
