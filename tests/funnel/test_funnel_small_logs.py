"""Few users with many ties: the kernels, the segments and the times against the oracle, quick enough to run always.

`test_funnel_random` does the same over thousands of users.
"""

import datetime as dt
from dataclasses import replace

import numpy as np
import pytest

from ecops.funnel import FunnelSpec, drivers, from_events, pack, time_to_convert
from ecops.funnel.paths.counting import tally
from ecops.funnel.reading.events import ask
from ecops.periods import Period
from tests.funnel.oracle import by_value, frame, totals
from tests.funnel.test_funnel_random import DAY, REPEATED, SPECS, in_days, random_log

LOG = random_log(seed=21, users=220, most=5, span=14)
DATA = frame(LOG)


@pytest.fixture(scope="module")
def packed():
    return pack(DATA, by="channel")


@pytest.mark.parametrize("name", SPECS)
def test_kernels(name, packed):
    assert from_events(packed, SPECS[name]).distinct.tolist() == totals(LOG, SPECS[name])


@pytest.mark.parametrize("order", ["ordered", "strict", "any"])
@pytest.mark.parametrize("window", [0, 1, 3])
def test_short_windows(order, window, packed):
    for steps in (list("ABC"), REPEATED):
        spec = FunnelSpec(steps, order=order, window=window)
        assert from_events(packed, spec).distinct.tolist() == totals(LOG, spec)


@pytest.mark.parametrize("attribution", ["first_touch", "all_events", "step:1", "step:2", "step:C"])
def test_segments(attribution):
    spec = FunnelSpec(list("ABC"), window=8, attribution=attribution)
    table = from_events(DATA, spec, by="channel")
    found = {s[0]: counts for s, counts in zip(table.segments, table.counts.astype(int).tolist(), strict=True)}
    assert {value: counts for value, counts in found.items() if any(counts)} == by_value(LOG, spec)


@pytest.mark.parametrize("attribution", ["first_touch", "all_events", "step:2", "last_touch", "entry"])
def test_parts_of_a_log_and_its_days_add_up(attribution, packed):
    spec = FunnelSpec(list("ABC"), window=8, attribution=attribution)
    question, _ = ask(packed, spec, daily=True)
    question = replace(question, timed=True)
    whole, parts = tally(packed.logs(), question), tally(packed.logs(chunk=60), question, 2)
    assert (whole.counts == parts.counts).all()
    assert (whole.daily.sum(0) == whole.counts).all()
    untimed = tally(packed.logs(), replace(question, timed=False))
    assert not any(len(part) for part in (*untimed.waits, *untimed.hops))
    for one, other in zip((*whole.waits, *whole.hops), (*parts.waits, *parts.hops), strict=True):
        assert sorted(one.tolist()) == sorted(other.tolist())


def waits(events, path, window):
    """Seconds from the start to each step of the first chain, the latest start that makes it: every chain tried."""
    found = []
    for step in range(1, len(path)):
        chains = [[e[0]] for e in events if e[1] == path[0]]
        for name in path[1 : step + 1]:
            chains = [
                [*chain, e[0]]
                for chain in chains
                for e in events
                if e[1] == name and chain[-1] <= e[0] <= chain[0] + window
            ]
        if chains:
            end = min(chain[-1] for chain in chains)
            found.append(end - max(chain[0] for chain in chains if chain[-1] == end))
    return found


def test_times_of_the_first_chain():
    steps = time_to_convert(DATA, FunnelSpec(list("ABC"), window=9)).steps
    for step in (1, 2):
        naive = [found[step - 1] for events in LOG.values() if len(found := waits(events, "ABC", 9)) >= step]
        assert steps["n"][step - 1] == len(naive)
        assert steps["mean_total"][step - 1] == pytest.approx(np.mean(naive))
        assert steps["median_total"][step - 1] == np.median(naive)


@pytest.mark.parametrize("order", ["any", "ordered"])
def test_a_period_counts_the_chains_that_begin_in_it(order):
    random = np.random.default_rng(4)
    log = {
        f"u{user}": list(zip(random.integers(0, 24, 5).tolist(), random.choice(list("ABC"), 5).tolist(), strict=True))
        for user in range(120)
    }
    log["last"] = [(0, "A"), (23, "A")]
    table = frame({user: [(day * DAY, name) for day, name in events] for user, events in log.items()})
    spec = FunnelSpec(list("ABC"), order=order, window="6d")
    week = Period(dt.date(2026, 11, 8), dt.date(2026, 11, 14))
    assert from_events(table, spec, period=week).distinct.tolist() == in_days(log, spec, (7, 13))
    ripe = spec.changed(matured_only=True)
    assert from_events(table, ripe).distinct.tolist() == in_days(log, spec, (0, 17))


def test_parallel_starts_go_on_whatever_the_optional_step_did():
    """An optional step is taken from the chain, never in its place."""
    spec = SPECS["optional"]
    log = {
        "both": [(0, "A"), (3, "B"), (19, "C"), (20, "D")],
        "late": [(0, "A"), (3, "B"), (21, "D")],
        "again": [(0, "A"), (5, "A"), (21, "B"), (25, "D")],
    }
    assert from_events(frame(log), spec).distinct.tolist() == totals(log, spec) == [3, 3, 1, 2]


@pytest.mark.parametrize(("window", "counted"), [(9, [0, 0]), (10, [1, 1]), (None, [2, 2])])
def test_what_happened_after_the_window_drove_nobody(window, counted):
    log = {
        "buyer": [(0, "A"), (5, "B"), (10, "x")],
        "late": [(0, "A"), (5, "B"), (11, "x")],
        "dropper": [(0, "A"), (10, "x")],
        "gone": [(0, "A"), (11, "x")],
    }
    found = drivers(frame(log), FunnelSpec(["A", "B"], window=window)).set_index("event")
    assert found.loc["x", ["converted_with", "dropped_with"]].tolist() == counted
