"""The first chain of every unit, its segment and its day, against every chain tried one by one."""

import itertools
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from ecops.funnel import FunnelSpec, Step, from_events, pack
from ecops.funnel.paths.counting import tally
from ecops.funnel.paths.kernel import reach
from ecops.funnel.reading.events import ask
from tests.funnel.oracle import START, follows, frame, in_time, matches, path_to
from tests.funnel.test_funnel_random import DAY, SPECS, random_log

LOG = random_log(seed=41, users=45, most=5, span=9) | {"early": [(0, "x", None)], "late": [(8, "x", None)]}
MORE = {
    "any, grace of the log": FunnelSpec(list("AB"), order="any", window=0),
    "exclusion, optional": FunnelSpec(
        ["A", Step("B", optional=True), "C", "D"], window=8, exclusions=[("x", 1, 3), ("x", 3, 4)]
    ),
    "grace, previous": FunnelSpec(list("ABC"), window=3, window_from="previous", ties="grace:2s"),
    "grace, optional": FunnelSpec(["A", Step("B", optional=True), "C"], window=6, ties="grace:3s"),
    "never": FunnelSpec(["A", "nothing", "B"], window=8),
    "never, any": FunnelSpec(["A", "nothing", "B"], order="any"),
    "never, excluded": FunnelSpec(["A", "B", "nothing"], window=8, exclusions=[("x", 1, 2), ("none", 2, 3)]),
    "repeated, optional": FunnelSpec(
        ["A", Step("B1", events=("B",), optional=True), Step("C"), Step("B2", events=("B",))], window=9
    ),
}


def chains(events, spec, step, span):
    """Every way to the step: (when it was reached, when the chain began, when the step before was taken)."""
    path = path_to(spec, step)
    lines = [events]
    if spec.order == "count":
        path = [step]
    if spec.order == "strict":
        groups = [list(group) for _, group in itertools.groupby(sorted(events, key=lambda e: e[0]), key=lambda e: e[0])]
        orders = itertools.product(*(itertools.permutations(group) for group in groups))
        lines = [[event for group in order for event in group] for order in orders]
    for line in lines:
        if spec.order == "strict":
            choices = [tuple(range(i, i + len(path))) for i in range(len(line) - len(path) + 1)]
        else:
            choices = itertools.permutations(range(len(line)), len(path))
        for choice in choices:
            chosen = [line[i] for i in choice]
            times = [event[0] for event in chosen]
            if not all(matches(event, spec, one) for event, one in zip(chosen, path, strict=True)):
                continue
            if spec.order == "any":
                window = np.inf if spec.window is None else spec.window_seconds
                right, begin = max(times) - min(times) <= window, min(times)
                times = [begin, max(times)]
            else:
                begin = times[0]
                right = in_time(times, spec) and all(follows(a, b, spec) for a, b in itertools.pairwise(times))
            if right and span[0] <= begin <= span[1]:
                yield times[-1], begin, times[-2] if len(times) > 1 else begin


def attempts(events, spec, step, span):
    """The same with exclusions: each first step goes on as early as it can, and counts when nothing spoils it."""
    window = np.inf if spec.window is None else spec.window_seconds
    for begin in {e[0] for e in events if matches(e, spec, 0) and span[0] <= e[0] <= span[1]}:
        times = {0: begin}
        for one in range(1, len(spec.steps)):
            before = times.get(spec.base[one])
            if before is not None:
                later = [e[0] for e in events if matches(e, spec, one) and follows(before, e[0], spec)]
                times |= {one: min(later)} if later and min(later) - begin <= window else {}
        clean = True
        for name, start, stop in spec.exclusions:
            end = times.get(stop - 1)
            for at in (e[0] for e in events if e[1] == name and start - 1 in times):
                clean &= not times[start - 1] < at or not (at <= begin + window if end is None else at < end)
        if clean and step in times:
            yield times[step], begin, times[max(spec.base[step], 0)]


def first_chain(events, spec, step, span=(-1, 10**9)):
    """The earliest arrival, of those the latest start, of those the latest step before; None where there is none."""
    if spec.order == "any" and step and not first_chain(events, spec, spec.base[step], span):
        return None  # A funnel never grows: who is at a step was at the one before.
    found = list((attempts if spec.exclusions else chains)(events, spec, step, span))
    if not found:
        return None
    at = min(end for end, _, _ in found)
    return max((end, begin, before) for end, begin, before in found if end == at)


def naive(log, spec, step, span=(-1, 10**9)):
    return {user: found for user, events in log.items() if (found := first_chain(events, spec, step, span))}


@pytest.fixture(scope="module")
def packed():
    return pack(frame(LOG), by="channel")


@pytest.mark.parametrize("span", [(0, 8), (2, 6)])
@pytest.mark.parametrize("name", [*SPECS, *MORE])
def test_the_first_chain_of_every_unit(name, span, packed):
    spec = (SPECS | MORE)[name]
    question, _ = ask(packed, spec)
    (log,) = packed.logs()
    plan = question.plan._replace(first=span[0], last=span[1])
    for step, found in enumerate(reach(log, plan, spec)):
        at, start = log.tick_of(found.moment), log.tick_of(found.start)
        assert (log.unit_of(found.moment) == log.unit_of(found.start)).all()
        assert (np.diff(log.unit_of(found.moment)) > 0).all()
        expected = naive(LOG, spec, step, span).values()
        assert sorted(zip(at.tolist(), start.tolist(), found.hop.tolist(), strict=True)) == sorted(
            (end, begin, end - before) for end, begin, before in expected
        )


# A second dimension that goes its own way.
BOTH = {
    user: [(*event, ("m", "d", None)[(event[0] * 7 + len(event[1]) + place) % 3]) for place, event in enumerate(events)]
    for user, events in LOG.items()
}


def table_of(log, unit=1):
    """A log of events with channel and device; `unit` seconds stand for each."""
    rows = [
        (user, START + pd.Timedelta(seconds=unit * at), *event) for user, events in log.items() for at, *event in events
    ]
    return pd.DataFrame(rows, columns=["user_id", "happened_at", "event", "channel", "device"])


def segment_of(events, spec, column):
    """The value of a unit by first touch, last touch or entry; of those of one instant the first or last by name."""
    reached = [found for step in range(len(spec.steps)) if (found := first_chain(events, spec, step))]
    if spec.attribution == "entry":
        return min(e[column] or "" for e in events if matches(e, spec, 0) and e[0] == reached[-1][1])
    known = sorted((e[0], e[column]) for e in events if e[column])
    if spec.attribution == "first_touch":
        return known[0][1] if known else ""
    return next((value for at, value in reversed(known) if at <= reached[-1][0]), "")


@pytest.mark.parametrize("attribution", ["first_touch", "last_touch", "entry"])
def test_the_segment_of_every_unit_by_one_and_by_two_dimensions(attribution):
    # One event an instant, so that no tie asks which of two segments comes first.
    log = {user: list({e[0]: e for e in events}.values()) for user, events in BOTH.items()}
    spec = FunnelSpec(list("ABC"), window=8, attribution=attribution)
    data = table_of(log)
    for columns in (["channel"], ["channel", "device"], ["device", "channel"]):
        expected = {}
        for unit in log.values():
            flags = [first_chain(unit, spec, step) is not None for step in range(3)]
            if any(flags):
                place = tuple(segment_of(unit, spec, {"channel": 2, "device": 3}[name]) for name in columns)
                expected[place] = [n + f for n, f in zip(expected.get(place, [0] * 3), flags, strict=True)]
        table = from_events(data, spec, by=columns)
        found = zip(table.segments, table.counts.astype(int).tolist(), strict=True)
        assert {place: counts for place, counts in found if any(counts)} == expected


@pytest.mark.parametrize(("attribution", "value"), [("first_touch", "ads"), ("last_touch", "mail"), ("entry", "")])
def test_an_empty_value_says_nothing_where_another_is_known(attribution, value):
    log = {"u": [(1, "A", None), (2, "x", "ads"), (3, "B", "mail"), (4, "x", None), (5, "x", "search")]}
    table = from_events(frame(log), FunnelSpec(list("AB"), attribution=attribution), by="channel")
    assert table.segments == ((value,),)
    assert table.counts.tolist() == [[1, 1]]


@pytest.mark.parametrize(("attribution", "value"), [("first_touch", "a"), ("last_touch", "z"), ("entry", "a")])
def test_of_two_values_of_one_instant_the_first_by_name_begins_and_the_last_ends(attribution, value):
    log = {"u": [(5, "A", "z"), (5, "A", "a"), (5, "A", "m")]}
    table = from_events(frame(log), FunnelSpec(list("AB"), attribution=attribution), by="channel")
    assert table.segments == ((value,),)


@pytest.mark.parametrize("name", ["plain", "any, window", "strict", "count", "exclusion", "repeated", "optional"])
def test_a_unit_stands_on_the_day_of_its_first_step(name):
    spec = SPECS[name]
    window = None if spec.window is None else f"{int(spec.window_seconds)}d"
    excluded = spec.changed(window=window)
    table = from_events(table_of(BOTH, DAY), excluded, by="channel")
    daily = table.daily.sum(1).astype(int)
    expected = np.zeros_like(daily)
    seconds = excluded.changed(window=None if window is None else int(spec.window_seconds))
    for events in LOG.values():
        reached = [first_chain(events, seconds, step) for step in range(len(spec.steps))]
        days = [found[0] for found in reached if found]
        for step, found in enumerate(reached):
            if found:
                expected[days[0], step] += 1
    assert daily.tolist() == expected.tolist()
    assert table.daily.sum(0).tolist() == table.counts.tolist()


def test_waits_and_hops_are_those_of_the_first_chain_in_every_part_of_a_log(packed):
    spec = SPECS["optional"]
    question, _ = ask(packed, spec)
    for size in (7, 10**6):
        found = tally(packed.logs(chunk=size), replace(question, timed=True))
        for step in range(len(spec.steps)):
            expected = naive(LOG, spec, step).values()
            assert sorted(found.waits[step].tolist()) == sorted(end - begin for end, begin, _ in expected)
            assert sorted(found.hops[step].tolist()) == sorted(end - before for end, _, before in expected)
