"""What a log does that its counts do not show, user by user, and what is said of a table."""

import datetime as dt
import itertools

import numpy as np
import pandas as pd
import pytest

from ecops.funnel import FunnelSpec, Step, from_table, quality
from ecops.funnel.causes.quality import level_shift, log_issues
from ecops.funnel.reading.packing import pack
from ecops.periods import Period
from tests.funnel.oracle import frame
from tests.funnel.test_funnel_random import REPEATED, random_log

ASKED = {
    "four": FunnelSpec(list("ABCD"), window=None),
    "optional": FunnelSpec(["A", Step("B", optional=True), "C", "D"], window=None),
    "repeated": FunnelSpec(REPEATED, window=None),
    "strict": FunnelSpec(list("ABC"), order="strict", window=None),
    "any": FunnelSpec(list("ABC"), order="any", window=None),
    "count": FunnelSpec(list("ABCD"), order="count"),
}


def shares(log, spec):
    """The share of each check and what it is a share of, before anybody asks whether it is large."""
    found = {"out_of_order": [], "skipped_step": []}
    times = [[[at for at, name, *_ in events if name in step.events] for events in log.values()] for step in spec.steps]
    for step, base in enumerate(spec.base):
        if base >= 0 and spec.steps[step].events != spec.steps[base].events:
            both = [(one, two) for one, two in zip(times[base], times[step], strict=True) if one and two]
            wrong = sum(max(two) < min(one) for one, two in both)
            found["out_of_order"].append((wrong / len(both) if both else 0.0, step, base, wrong, len(both)))
    for before, step, after in zip(spec.required, spec.required[1:], spec.required[2:], strict=False):
        around = [between for one, between, two in zip(times[before], times[step], times[after], strict=True)
                  if one and two]  # fmt: skip
        missed = sum(not between for between in around)
        found["skipped_step"].append((missed / len(around) if around else 0.0, step))
    tied = used = 0
    for events in log.values():
        # An event of two steps counts for the later one.
        steps = [(at, max(i for i, s in enumerate(spec.steps) if name in s.events)) for at, name, *_ in events
                 if any(name in s.events for s in spec.steps)]  # fmt: skip
        used += len(steps)
        tied += sum(any(a == at and s != step for a, s in steps) for at, step in steps)
    found["ties"] = tied / used if used else 0.0
    return found


@pytest.fixture(scope="module")
def logs():
    made = [random_log(seed, users=6 + 4 * seed, most=3 + seed % 4, span=6 + 40 * (seed % 2)) for seed in range(8)]
    return [(log, pack(frame(log))) for log in made]


@pytest.mark.parametrize("name", ASKED)
def test_the_checks_of_a_log_against_user_by_user(name, logs):
    spec, spoke, silent = ASKED[name], set(), 0
    for log, packed in logs:
        issues = log_issues(packed, spec)
        naive, expected = shares(log, spec), []
        worst = max(naive["out_of_order"])
        if spec.order != "count" and worst[0] >= 0.1:
            expected.append(("out_of_order", worst[0]))
            told = next(issue.message for issue in issues if issue.kind == "out_of_order")
            later, earlier = (spec.steps[place].name for place in worst[1:3])
            assert told.text("en").endswith(f"{later} stamped before {earlier} ({worst[3]} of {worst[4]}).")
        if spec.order != "count":
            expected += [("skipped_step", share) for share, _ in naive["skipped_step"] if share >= 0.2]
        if spec.order in ("ordered", "strict") and naive["ties"] >= 0.05:
            expected.append(("ties", naive["ties"]))
        found = [(issue.kind, issue.share) for issue in issues]
        assert found == [(kind, pytest.approx(share)) for kind, share in expected]
        spoke |= {kind for kind, _ in expected}
        silent += not expected
    assert silent == len(logs) if spec.order == "count" else len(spoke) >= 2


def test_the_hints_say_what_the_funnel_already_does():
    log = {f"u{n}": [(5, "B"), (9, "A"), (9, "B")] if n % 2 else [(5, "B"), (9, "A")] for n in range(8)}

    def hint(kind, **changes):
        issues = log_issues(pack(frame(log)), FunnelSpec(list("AB"), window=None, **changes))
        return next(issue.hint.text("en") for issue in issues if issue.kind == kind)

    assert hint("out_of_order", order="any") == "The steps are therefore counted in any order."
    assert hint("out_of_order").endswith("use the order any.")
    assert hint("ties").startswith("They are counted in the order that helps")
    assert hint("ties", ties="strict").startswith("They are counted as not following one another")


@pytest.mark.parametrize("most", [1_000, 1_001])
def test_a_crowd_has_more_than_a_thousand_events(most):
    log = {f"u{n}": [(n, "A")] for n in range(150)} | {"robot": [(n, "A") for n in range(most)]}
    issues = {issue.kind: issue for issue in log_issues(pack(frame(log)), ASKED["four"].changed(steps=["A", "B"]))}
    assert ("merged_ids" in issues) is (most > 1_000)
    if most > 1_000:
        assert issues["merged_ids"].message.text("en").startswith("1 id")
        assert issues["merged_ids"].share == pytest.approx(most / (most + 150))


def test_a_crowd_has_fifty_times_the_events_of_nearly_everybody():
    # 99 of a hundred have at most 30 events: 1,500 are usual, 1,501 are not.
    usual = {f"u{n}": [(s, "A") for s in range(30)] for n in range(200)}
    for most in (1_500, 1_501):
        log = usual | {"robot": [(s, "A") for s in range(most)]}
        issues = [issue.kind for issue in log_issues(pack(frame(log)), ASKED["four"].changed(steps=["A", "B"]))]
        assert ("merged_ids" in issues) is (most > 1_500)


@pytest.mark.parametrize("matured", [False, True])
def test_starts_are_late_when_their_window_ends_after_the_log(matured):
    random = np.random.default_rng(3)
    log = {f"u{n}": [(int(at), "A")] for n, at in enumerate(random.integers(0, 60, 80))} | {"end": [(60, "x")]}
    for window in (1, 2, 3, 30, 60):
        spec = FunnelSpec(list("AB"), window=window, matured_only=matured)
        late = np.mean([events[0][0] + window > 60 for events in log.values() if events[0][1] == "A"])
        found = {issue.kind: issue.share for issue in log_issues(pack(frame(log)), spec)}
        assert found == ({"truncated_windows": pytest.approx(late)} if late >= 0.05 and not matured else {})


def counted(days, **columns):
    dates = [dt.date(2026, 11, 1) + dt.timedelta(n) for n in days]
    return from_table(pd.DataFrame({"date": dates, "visitors": 100, "pay_buyers": 10, **columns}))


def test_missing_days_are_told_with_their_number_and_share():
    found = {issue.kind: issue for issue in quality(counted([0, 1, 4, 9]))}["days_missing"]
    assert found.message.text("en").startswith("6 days ")
    assert found.share == pytest.approx(6 / 10)


def test_a_jump_is_told_with_its_day_and_how_much():
    found = quality(counted(range(8), visitors=[10_000] * 5 + [20_000] * 3))
    jump = {issue.kind: issue for issue in found}["coverage_jump"]
    assert jump.share == pytest.approx(1.0)
    assert jump.message.text("en") == "From 6 Nov on, 200% as many are counted as before."
    fall = {issue.kind: issue for issue in quality(counted(range(8), visitors=[20_000] * 5 + [10_000] * 3))}
    assert fall["coverage_jump"].share == pytest.approx(0.5)


def test_the_worst_is_said_first_and_the_first_favourite_is_named():
    data = pd.DataFrame({"date": [dt.date(2026, 11, n) for n in (1, 2)], "visitors": [100, 100], "fav": [9, 9],
                         "wishlist": [5, 5], "pay_buyers": [10, 110]})  # fmt: skip
    found = quality(from_table(data, ["visitors", Step("fav"), Step("wishlist"), "pay_buyers"]))
    assert [(issue.kind, issue.severity) for issue in found] == [
        ("above_100", "error"), ("parallel_steps", "warning"), ("not_additive", "info")
    ]  # fmt: skip
    assert found[1].message.text("en").startswith("fav stands beside")
    assert found[0].message.text("en").startswith("pay_buyers (120) has more than wishlist (10)")
    assert found[0].share == 1.0


def test_who_stands_in_two_segments_at_the_first_step_is_told():
    # One of three came through two channels, and went on in one of them.
    log = {
        "u": [(0, "A", "x"), (1, "A", "y"), (2, "B", "x")],
        "v": [(0, "A", "x")],
        "w": [(0, "A", "x"), (1, "B", "x")],
    }
    for names, share in (("uvw", 0.25), ("vw", None)):
        spec = FunnelSpec(list("AB"), window=None, attribution="all_events")
        found = {issue.kind: issue for issue in quality(frame({name: log[name] for name in names}), spec, by="channel")}
        assert ("overlap" in found) is (share is not None)
        assert share is None or found["overlap"].share == share


def naive_shift(values):
    """`level_shift` as its docstring has it, with the first and the last day left out where the step lies there."""
    offset = 0
    while True:
        if len(values) < 5 or min(values) <= 0:
            return None
        logs = [float(np.log(value)) for value in values]
        steps = [b - a for a, b in itertools.pairwise(logs)]
        day = max(range(len(steps)), key=lambda place: abs(steps[place])) + 1
        if day not in (1, len(values) - 1):
            break
        if day == len(values) - 1:
            values = values[:-1]
        else:
            values, offset = values[1:], offset + 1
    others = steps[: day - 1] + steps[day:]
    spread = np.median([abs(one - np.median(others)) for one in others])
    noise = max(1.4826 * spread, 1 / np.sqrt(np.mean(values)))
    before, after = logs[:day], logs[day:]
    middle = (np.median(before) + np.median(after)) / 2
    up = steps[day - 1] > 0
    kept = all((one > middle) == up for one in after) and all((one < middle) == up for one in before)
    if abs(steps[day - 1]) < max(np.log(1.25), 6 * noise) or not kept:
        return None
    return day + offset, float(np.exp(np.median(after) - np.median(before)))


def test_a_shift_of_the_level_on_random_days():
    random = np.random.default_rng(5)
    found = 0
    for _ in range(250):
        size, day = int(random.integers(4, 12)), int(random.integers(0, 12))
        level = np.where(np.arange(size) < day, 1.0, random.choice([0.3, 0.75, 1.0, 1.3, 2.0]))
        days = (
            random.choice([60, 4_000, 1e6]) * level * np.exp(random.normal(0, random.choice([0, 0.03]), size))
        ).round()
        if random.random() < 0.3:
            days[random.choice([0, -1])] *= random.choice([0.0, 0.2, 3.0])
        expected = naive_shift(days.tolist())
        assert level_shift(days) == (None if expected is None else (expected[0], pytest.approx(expected[1])))
        found += expected is not None
    assert 40 < found < 210


def test_a_period_asks_only_its_own_starts():
    log = {f"u{n}": [(86_400 * (n % 3), "A")] for n in range(9)} | {"end": [(3 * 86_400 - 1, "x")]}
    spec = FunnelSpec(list("AB"), window="30h")
    packed = pack(frame(log))
    for day, late in ((0, 0.0), (1, 0.0), (2, 1.0)):
        date = dt.date(2026, 11, 1) + dt.timedelta(day)
        found = {issue.kind: issue.share for issue in log_issues(packed, spec, Period(date, date))}
        assert found == ({"truncated_windows": late} if late else {})
