"""What is looked at before a verdict, by hand: the limits of each finding to the sixth digit, and its sentence."""

import datetime as dt
import math
from dataclasses import replace

import numpy as np
import pytest
from scipy import optimize, stats

from ecops.experiments import Experiment, Metric, srm
from ecops.experiments.looks.health import split_evidence
from ecops.experiments.reading.tally import Column, Exposure, Tally, Totals
from ecops.experiments.results.checks import data_checks
from ecops.experiments.statistics.samples import Moments
from tests.experiments.shops import START, summed

RED, AMBER = 0.003, 0.05


def column(payers, debtors=0, blanks=0):
    return Column(blanks, payers, debtors, 0.0, 1.0, 1.0, payers, np.empty(0), np.empty(0))


def arm(n, mean=(0.1, 0.0), variance=(0.09, 1.0)):
    return Moments(n, ("converted", "past"), np.array(mean, dtype=float), np.diag(variance), np.full(2, 5.0))


def people(cells, columns=None, **changes):
    """A tally of people from their moments: split -> value -> arm -> moments."""
    users = {name: moments.n for name, moments in cells[""][""].items()}
    known = {"converted": column(100), "past": column(0)} | (columns or {})
    return Tally("units", users, ("converted", "past"), cells, columns=known, **changes)


def told(tally, spec, key):
    return [check for check in data_checks(tally, spec) if check.key == key]


def by_day(counts, arms="ABC"):
    """Daily totals of arms: a row of users an arm; NaN is a day that the arm has no row of."""
    rows = np.asarray(counts, dtype=float)
    values = {(name, "users"): row for name, row in zip(arms, rows, strict=False)}
    days = tuple(START + dt.timedelta(at) for at in range(rows.shape[1]))
    users = {name: float(np.nansum(row)) for name, row in zip(arms, rows, strict=False)}
    return Tally("daily", users, totals=Totals(days, values))


def daily_p_value(counts, weights):
    """The smallest of the arms' t tests of days, for every look and arm, written out."""
    kept = [day for day in zip(*counts, strict=True) if not any(math.isnan(one) for one in day)]
    days, everybody, smallest = len(kept), sum(map(sum, kept)), 1.0
    for at, weight in enumerate(weights):
        share = weight / sum(weights)
        drifts = [day[at] - share * sum(day) for day in kept]
        error = max(np.std(drifts, ddof=1) / math.sqrt(days), math.sqrt(everybody * share * (1 - share)) / days)
        smallest = min(smallest, 2 * stats.t.sf(abs(sum(drifts) / days / error), days - 1))
    z = stats.norm.isf(smallest / 2)
    return min(1.0, len(weights[1:]) * any_look(z, days, 14))


def any_look(z, seen, tuned, alpha=RED):
    """The p-value that a confidence sequence gives, of Waudby-Smith et al., tuned to be tightest at `tuned`."""
    inner = -2 * math.log(alpha)
    mixed = seen / tuned * (inner + math.log(inner + 1))
    return min(1.0, math.sqrt(mixed + 1) * math.exp(-(z**2) * mixed / (2 * (mixed + 1))))


BASE = np.array([[310.0, 290, 305, 299, 320, 296], [205, 195, 190, 206, 199, 201], [110, 95, 100, 104, 93, 98]])
HOLED = np.column_stack([BASE, [500.0, math.nan, 10.0]])
STEADY = np.repeat([[300.0], [200.0], [100.0]], 40, axis=1)


@pytest.mark.parametrize(
    ("base", "weights"),
    [
        (40 * BASE, (3, 2, 1)),
        (HOLED, (3, 2, 1)),
        (np.tile(BASE[:2], 2), (3, 2)),
        (STEADY, (3, 2, 1)),
        (np.tile(BASE, 4), (3, 2, 1)),
    ],
)
@pytest.mark.parametrize(("limit", "level", "beyond"), [(RED, "red", "amber"), (AMBER, "amber", "green")])
def test_the_split_of_days_is_red_and_amber_below_its_limits(base, weights, limit, level, beyond):
    spec = Experiment(arms=dict(zip("ABC", weights, strict=False)))

    def moved(by):
        return base + by * np.array([1.0, -1.0, 0.0])[: len(base), None]

    edge = optimize.brentq(
        lambda by: math.log(daily_p_value(moved(by), weights) / limit), 0.0, 0.9 * np.nanmin(base[1]), xtol=1e-12
    )
    for by, expected in ((edge * (1 + 1e-7), level), (edge * (1 - 1e-7), beyond)):
        (found,) = told(by_day(moved(by)), spec, "split")
        assert found.level == expected


def test_two_days_or_days_without_anybody_leave_the_split_to_the_users():
    spec = Experiment()
    for counts in ([[9e3, 9e3], [8e3, 8e3]], [[9e3, 9e3, math.nan], [8e3, 8e3, 50]]):
        tally = by_day(counts, "AB")
        assert told(tally, spec, "split")[0].level == srm(tally.users, spec.arms).level == "red"
    assert told(by_day(np.zeros((2, 5)), "AB"), spec, "split")[0].level == "green"
    three = [[9e3, 8.5e3, 9.5e3], [8e3, 8.6e3, 7.7e3]]
    assert daily_p_value(three, (1, 1)) > AMBER
    assert srm({"A": 27_000, "B": 24_300}, spec.arms).level == "red"
    assert told(by_day(three, "AB"), spec, "split")[0].level == "green"
    away = replace(by_day([[9e3] * 5, [8e3] * 5], "AB"), totals=Totals(tuple(START for _ in range(5)), {}))
    assert told(away, spec, "split")[0].level == "red"


@pytest.mark.parametrize(
    ("users", "level", "said"),
    [
        ((5_000, 5_000), "green", "The traffic is split as planned."),
        ((5_000, 5_370), "amber", "The traffic split is a little off: arm A by -1.78% of all users. Watch it."),
        ((5_600, 5_000), "red", "The traffic is not split as planned: arm A is off by +2.83% of all users, more than "
         "chance explains."),
    ],
)  # fmt: skip
def test_how_far_a_split_is_off_is_said(users, level, said):
    # 5,000 of 10,370 are 48.22 %, and 5,600 of 10,600 are 52.83 %.
    (found,) = told(summed(7, users=users), Experiment(), "split")
    assert found.level == level
    assert found.text.text("en") == said
    (leak,) = told(replace(summed(7), users={"A": 50, "B": 50, "X": 7}), Experiment(), "split")
    assert leak.text.text("en") == "7 users are in arms that should get no traffic."
    unknown = told(summed(7, users=(5_600, 5_000)), Experiment(split_known=False), "split_unknown")
    assert "are split 52.8% / 47.2%, which" in unknown[0].text.text("en")


def uneven(evidence, users):
    """Of so many users as many in the second arm as make the evidence against an even split just that."""

    def missing(n):
        return math.log(split_evidence([users - n, n], [0.5, 0.5]) / evidence)

    return optimize.brentq(missing, users / 2, users * 0.75, xtol=1e-9)


@pytest.mark.parametrize("at", [1, 2, 4])
def test_the_split_of_a_day_is_held_to_its_share_of_the_error(at):
    # The shares 1/2, 1/6, 1/12, ... of a sixth of the limit, day after day; a day of 49 users is not counted.
    edge = uneven(6 * at * (at + 1) / RED, 2_000)
    for n, found in ((edge + 1e-4, True), (edge - 1e-4, False)):
        days = {START + dt.timedelta(day): {"A": arm(1_000), "B": arm(1_000)} for day in range(5)}
        days[START + dt.timedelta(at - 1)] = {"A": arm(2_000 - n), "B": arm(n)}
        days[START - dt.timedelta(1)] = {"A": arm(49)}
        tally = people({"": {"": {"A": arm(5_000), "B": arm(5_000)}}, "day": days})
        assert bool(told(tally, Experiment(), "split_day")) is found


def test_the_worst_of_the_uneven_days_is_named():
    days = {START + dt.timedelta(day): {"A": arm(1_000), "B": arm(1_000)} for day in range(4)}
    for day, n in ((1, 700), (2, 600), (3, 690)):
        days[START + dt.timedelta(day)] = {"A": arm(1_000), "B": arm(n), "X": arm(5_000)}
    (found,) = told(people({"": {"": {"A": arm(5_000), "B": arm(5_000)}}, "day": days}), Experiment(), "split_day")
    assert found.level == "red"
    assert "On 3 days the traffic was not split as planned" in found.text.text("en")
    assert "4 Nov" in found.text.text("en")


@pytest.mark.parametrize("segments", [("device",), ("device", "channel")])
def test_the_split_of_a_segment_is_held_to_the_number_of_segments(segments):
    edge = uneven(6 * 3 * len(segments) / RED, 2_000)
    whole = {"": {"": {"A": arm(5_000), "B": arm(5_000)}}}
    for n, said in ((edge + 1e-4, True), (edge - 1e-4, False)):
        values = {name: {"A": arm(1_000), "B": arm(1_000)} for name in ("mobile", "desktop")}
        values |= {"tv": {"A": arm(n), "B": arm(2_000 - n)}, "watch": {"A": arm(49)}}
        found = told(people(whole | {"age": {}, "device": values}), Experiment(segments=segments), "split_segment")
        assert len(found) == said
        if said:
            share = n / 2_000 - 0.5
            expected = f"In Device = tv the traffic is not split as planned (off by +{share:.2%})."
            assert found[0].text.text("en").casefold() == expected.casefold()
    fifty = people(whole | {"device": {"watch": {"A": arm(50)}}})
    assert told(fifty, Experiment(segments=("device",)), "split_segment")
    worst = {"tv": {"A": arm(1_000), "B": arm(600)}, "mobile": {"A": arm(1_000), "B": arm(500)}}
    fine = {"x": {"A": arm(1_000), "B": arm(1_000)}}
    mine = people(
        whole | {"age": fine, "device": worst, "my [city]": {"X": {"A": arm(500), "B": arm(1_000), "C": arm(9)}}}
    )
    device, city = told(mine, Experiment(segments=segments), "split_segment")
    # 1,000 of 1,500 are 66.67 %, and so are the 1,000 of the arm that was planned.
    assert device.text.text("en") == "Among mobile users the traffic is not split as planned (off by +16.67%)."
    assert city.text.text("en") == "In my [city] = X the traffic is not split as planned (off by -16.67%)."


def test_what_nobody_planned_is_asked_about_once():
    parts = {START: {"A": arm(1_000), "B": arm(500)}}
    tally = people({"": {"": {"A": arm(5_000), "B": arm(4_000)}}, "day": parts, "device": {"tv": parts[START]}})
    keys = [check.key for check in data_checks(tally, Experiment(segments=("device",), split_known=False))]
    assert keys == ["split_unknown", "weekdays"]
    keys = [check.key for check in data_checks(tally, Experiment(segments=("device",)))]
    assert keys == ["split", "split_day", "split_segment", "weekdays"]


@pytest.mark.parametrize("planned", [None, 6_000.0])
@pytest.mark.parametrize("arms", ["AB", "ABC"])
def test_what_differed_before_the_test_is_held_to_every_look(planned, arms):
    spec = Experiment(arms=dict.fromkeys(arms, 1), covariates=("past",), planned_sample=planned)
    limit = RED / 6 / len(spec.treatments)
    tuned = planned or 20_000

    def found(shift, n=900):
        cells = {name: arm(n) for name in arms} | {"B": arm(n + 100, mean=(0.1, shift), variance=(0.09, 4.0))}
        return told(people({"": {"": cells}}), spec, "balance")

    edge = optimize.brentq(lambda z: math.log(any_look(z, 1_900, tuned, limit) / limit), 3.0, 30.0, xtol=1e-13)
    error = math.sqrt(1 / 900 + 4 / 1_000)
    assert found(edge * error * (1 - 1e-6)) == []
    (check,) = found(edge * error * (1 + 1e-6))
    assert check.text.text("en") == "The arms B and A already differed in past before the test."
    assert [len(told(people({"": {"": {"A": arm(n, (0.1, -50.0)), "B": arm(900), "C": arm(900)}}}), spec, "balance"))
            for n in (1, 2)] == [0, len(spec.treatments)]  # fmt: skip


def test_who_has_no_spread_or_no_arm_differs_in_nothing():
    spec = Experiment(arms={"A": 1, "B": 1, "C": 1}, covariates=("past",))
    still = people({"": {"": {name: arm(900, variance=(0.09, 0.0)) for name in "ABC"}}})
    assert told(still, spec, "balance") == []
    away = people({"": {"": {"A": arm(900), "C": arm(900, (0.1, 9.0))}}})
    assert len(told(away, spec, "balance")) == 1
    assert told(people({"": {"": {name: arm(900, (0.1, ord(name))) for name in "BC"}}}), spec, "balance") == []


@pytest.mark.parametrize(
    ("change", "keys"),
    [
        ({}, set()),
        ({"repeated": 8}, {"duplicates"}),
        ({"identified": False, "armless": 3}, {"identity", "armless"}),
        ({"crossed": 5}, {"crossed"}),
    ],
)
def test_what_rows_tell_of_people(change, keys):
    exposure = Exposure(1_200, 1_000, **({"crossed": 0, "repeated": 0, "armless": 0, "identified": True} | change))
    whole = {"": {"": {"A": arm(500), "B": arm(500)}}}
    checks = {check.key: check for check in data_checks(people(whole, exposure=exposure), Experiment())}
    assert set(checks) - {"split", "weekdays"} == keys
    said = {
        "duplicates": "8 users have several rows; their amounts were added up to one row a user.",
        "armless": "3 rows name no arm; they were left out.",
        "crossed": "5 users (0.50%) are in several arms; they were left out.",
    }
    for key in keys & set(said):
        assert checks[key].text.text("en") == said[key]
        assert checks[key].level == "amber"


@pytest.mark.parametrize(
    ("payers", "debtors", "repeated", "key"),
    [
        (1_000, 0, 0, "buyers_only"), (999, 1, 0, None), (999, 0, 0, None),
        (1_000, 0, 4, "orders_as_users"), (998, 2, 4, "orders_as_users"), (998, 1, 4, "duplicates"),
        (900, 2_000, 4, "orders_as_users"),
    ],
)  # fmt: skip
def test_a_file_in_which_everybody_bought_holds_no_visitors(payers, debtors, repeated, key):
    exposure = Exposure(1_000, 1_000, 0, repeated, 0, identified=True)
    whole = {"": {"": {"A": arm(500), "B": arm(500)}}}
    tally = people(whole, {"converted": column(payers, debtors)}, exposure=exposure)
    found = {check.key for check in data_checks(tally, Experiment())} - {"split", "weekdays"}
    assert found == ({key} if key else set())
    other = people(whole, {"orders": column(payers, debtors)}, exposure=exposure)
    assert ("buyers_only" in {check.key for check in data_checks(other, Experiment())}) is (key == "buyers_only")


def test_a_ratio_is_of_buyers_where_everybody_has_its_denominator():
    metric = Metric("worth", "Worth", "ratio", "past", below="converted")
    exposure = Exposure(1_000, 1_000, 0, 4, 0, identified=True)
    whole = {"": {"": {"A": arm(500), "B": arm(500)}}}
    for payers, key in ((1_000, "orders_as_users"), (999, "duplicates")):
        tally = people(whole, {"converted": column(payers), "past": column(9_999)}, exposure=exposure)
        assert len(told(tally, Experiment(goal=metric), key)) == 1


def test_blanks_are_told_of_the_columns_that_are_used():
    figure = Metric("own:past", "Worth of a basket", "mean", "past")
    whole = {"": {"": {"A": arm(500), "B": arm(500)}}}
    tally = people(whole, {"converted": column(9, blanks=0), "past": column(9, blanks=7), "other": column(9, blanks=3)})
    assert told(tally, Experiment(), "blanks") == []
    (found,) = told(tally, Experiment(secondary=(figure,), figures=(figure,)), "blanks")
    assert found.text.text("en") == "7 users have no value in Worth of a basket; it was counted as 0."
    ratio = Metric("worth", "Worth", "ratio", "converted", below="past")
    assert len(told(tally, Experiment(goal=ratio), "blanks")) == 1


@pytest.mark.parametrize(
    ("mean", "variance", "payers", "debtors", "others", "dead"),
    [
        (0.0, 0.0, 20, 0, 1_000, True), (0.0, 0.0, 19, 0, 1_000, False), (0.0, 0.0, 15, 5, 1_000, True),
        (0.1, 0.0, 90, 0, 1_000, False), (0.0, 0.1, 90, 0, 1_000, False), (0.0, 0.0, 39, 0, 2_000, False),
        (0.0, 0.0, 40, 0, 2_000, True), (0.0, 0.0, 900, 0, 0, False),
    ],
)  # fmt: skip
def test_an_arm_of_people_is_dead_where_twenty_were_to_be_expected(mean, variance, payers, debtors, others, dead):
    cells = {"A": arm(others), "B": arm(1_000, (mean, 0.0), (variance, 1.0))}
    tally = people(
        {"": {"": {name: cell for name, cell in cells.items() if cell.n}}}, {"converted": column(payers, debtors)}
    )
    found = told(tally, Experiment(arms={"A": max(1, others), "B": 1_000}), "dead_arm")
    assert len(found) == dead
    if dead:
        assert found[0].text.text("en").startswith("Nobody in arm B has any Conversion rate, which chance")
    three = people({"": {"": {"A": arm(500), "B": arm(500), "C": arm(1_000, (0.0, 0.0), (0.0, 1.0))}}})
    (only,) = told(three, Experiment(arms={"A": 1, "B": 1, "C": 2}), "dead_arm")
    assert "arm C" in only.text.text("en")


def test_totals_of_three_arms_count_what_the_others_have():
    users = {"A": 500.0, "B": 500.0, "C": 1_000.0}
    for first, second, dead in ((10.0, 10.0, True), (10.0, 9.0, False)):
        sums = zip("ABC", (first, second, 0.0), strict=True)
        values = {(name, "conversions"): np.array([total]) for name, total in sums}
        tally = Tally("totals", users, totals=Totals((), values))
        assert len(told(tally, Experiment(arms={"A": 1, "B": 1, "C": 2}), "dead_arm")) == dead


def test_a_loss_is_not_nothing_and_an_arm_that_nobody_entered_has_nobody():
    profit = Metric("profit", "Profit", "mean", "profit", total="profit")
    for lost, dead in ((0.0, True), (-5.0, False)):
        values = {("A", "profit"): np.array([900.0]), ("B", "profit"): np.array([lost])}
        tally = Tally("totals", {"A": 500.0, "B": 500.0}, totals=Totals((), values))
        assert len(told(tally, Experiment(goal=profit), "dead_arm")) == dead
    three = Experiment(arms={"A": 1, "B": 1, "C": 1})
    for count, dead in ((19.0, False), (20.0, True)):
        values = {("A", "conversions"): np.array([count]), ("B", "conversions"): np.array([0.0])}
        tally = Tally(
            "totals", {"A": 20.0, "B": 20.0}, totals=Totals((), values | {("C", "conversions"): np.array([0.0])})
        )
        assert len(told(tally, three, "dead_arm")) == dead


def test_stray_days_are_counted_and_the_first_is_named():
    strays = frozenset({dt.date(2027, 3, 9), dt.date(2027, 2, 5), dt.date(2027, 8, 1)})
    (found,) = told(summed(7, strays=strays), Experiment(), "stray_days")
    assert found.text.text("en").startswith("3 days lie far from all others, the first is 2027-02-05; check")
    assert [check.key for check in data_checks(summed(7), Experiment())] == ["split", "weekdays"]
    two = replace(summed(7).totals, parts=2)
    assert [len(told(replace(summed(7), totals=replace(two, parts=n)), Experiment(), "parts")) for n in (1, 2)] == [
        0,
        1,
    ]
