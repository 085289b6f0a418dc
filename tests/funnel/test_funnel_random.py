"""Random logs: the kernels against the oracle, and laws that every funnel keeps."""

import datetime as dt
import itertools
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecops.funnel import FunnelSpec, Step, from_events, pack
from ecops.funnel.paths.counting import tally
from ecops.funnel.paths.instants import ordered_repeats
from ecops.funnel.paths.kernel import ordered, reach
from ecops.funnel.reading.events import ask
from ecops.periods import Period
from tests.funnel.oracle import by_value, frame, totals

EVENTS = ["A", "B", "C", "D", "x"]
VALUES = ["ads", "mail", "search", None]
REPEATED = [Step("A"), Step("B1", events=("B",)), Step("C"), Step("B2", events=("B",))]


def random_log(seed, users, most=7, span=30):
    """Users with up to `most` events at whole seconds, so that many share an instant."""
    random = np.random.default_rng(seed)
    ends = random.integers(1, most + 1, size=users).cumsum().tolist()
    seconds = random.integers(span, size=ends[-1]).tolist()
    events = random.choice(EVENTS, p=[0.3, 0.25, 0.2, 0.1, 0.15], size=ends[-1]).tolist()
    values = [VALUES[number] for number in random.integers(len(VALUES), size=ends[-1])]
    rows = list(zip(seconds, events, values, strict=True))
    return {f"u{u}": rows[begin:end] for u, (begin, end) in enumerate(itertools.pairwise([0, *ends]))}


SPECS = {
    "plain": FunnelSpec(list("ABCD"), window=None),
    "window": FunnelSpec(list("ABC"), window=8),
    "previous": FunnelSpec(list("ABC"), window=5, window_from="previous"),
    "ties strict": FunnelSpec(list("ABC"), window=9, ties="strict"),
    "grace": FunnelSpec(list("ABC"), window=9, ties="grace:2s"),
    "optional": FunnelSpec(["A", Step("B", optional=True), Step("C", optional=True), "D"], window=20),
    "repeated": FunnelSpec(REPEATED, window=15),
    "repeated, ties strict": FunnelSpec(REPEATED, window=None, ties="strict"),
    "repeated, previous": FunnelSpec(REPEATED, window=6, window_from="previous"),
    "several events": FunnelSpec([Step("one", events=("A", "B")), Step("two", events=("C", "D"))], window=4),
    "strict": FunnelSpec(list("ABC"), order="strict", window=None),
    "strict, window": FunnelSpec(list("ABC"), order="strict", window=6),
    "strict, previous": FunnelSpec(list("ABC"), order="strict", window=4, window_from="previous"),
    "strict, ties strict": FunnelSpec(list("ABC"), order="strict", window=None, ties="strict"),
    "strict, repeated": FunnelSpec(REPEATED[1:], order="strict", window=12),
    "any": FunnelSpec(list("ABC"), order="any", window=None),
    "any, window": FunnelSpec(list("ABC"), order="any", window=6),
    "any, repeated": FunnelSpec(REPEATED, order="any", window=14),
    "any, optional": FunnelSpec(["A", Step("B", optional=True), "C"], order="any", window=7),
    "count": FunnelSpec(list("ABC"), order="count"),
    "exclusion": FunnelSpec(list("ABC"), window=12, exclusions=[("x", 1, 2), ("D", 2, 3)]),
    "long exclusion": FunnelSpec(list("ABC"), window=None, exclusions=[("x", 1, 3)]),
    "exclusion, ties strict": FunnelSpec(list("AB"), window=9, exclusions=[("x", 1, 2)], ties="strict"),
    "exclusion, grace": FunnelSpec(list("ABC"), window=9, exclusions=[("x", 2, 3)], ties="grace:2s"),
}


@pytest.mark.parametrize("name", SPECS)
def test_kernels_agree_with_the_oracle(name):
    log = random_log(seed=len(name), users=600 if name.startswith("strict") else 1500)
    assert from_events(frame(log), SPECS[name]).distinct.tolist() == totals(log, SPECS[name])


@pytest.mark.parametrize("attribution", ["first_touch", "all_events", "step:1", "step:2", "step:C"])
def test_attribution_agrees_with_the_oracle(attribution):
    log = random_log(seed=3, users=1500)
    spec = FunnelSpec(list("ABC"), window=15, attribution=attribution)
    table = from_events(frame(log), spec, by="channel")
    found = {s[0]: counts for s, counts in zip(table.segments, table.counts.astype(int).tolist(), strict=True)}
    assert {value: counts for value, counts in found.items() if any(counts)} == by_value(log, spec)


def test_both_ordered_kernels_agree():
    packed = pack(frame(random_log(seed=5, users=4000)))
    for spec in (SPECS["plain"], SPECS["window"], SPECS["previous"], SPECS["ties strict"], SPECS["optional"]):
        question, _ = ask(packed, spec)
        (log,) = packed.logs()
        for one, other in zip(ordered(log, question.plan), ordered_repeats(log, question.plan), strict=True):
            assert one.moment.tolist() == other.moment.tolist()
            assert one.start.tolist() == other.start.tolist()


DAY = 86_400


def in_days(log, spec, period):
    """Units at each step of a log in days, where the first event of a set must happen in `period`: every set tried."""
    found = np.zeros(len(spec.steps), dtype=int)
    window = (spec.window_seconds or np.inf) / DAY
    for events in log.values():
        for step in range(len(spec.steps)):
            path = [spec.steps[i].events[0] for i in range(step + 1)]
            for chosen in itertools.product(*([e[0] for e in events if e[1] == name] for name in path)):
                ordered_as_asked = spec.order == "any" or list(chosen) == sorted(chosen)
                begins = min(chosen) if spec.order == "any" else chosen[0]
                if ordered_as_asked and period[0] <= begins <= period[1] and max(chosen) - min(chosen) <= window:
                    break
            else:
                break
            found[step] += 1
    return found.tolist()


@pytest.mark.parametrize("order", ["any", "ordered"])
@pytest.mark.parametrize("seed", range(4))
def test_a_period_counts_the_sets_that_begin_in_it(order, seed):
    random = np.random.default_rng(seed)
    log = {
        f"u{user}": [(int(day), str(name)) for day, name in zip(
            random.integers(0, 24, size), random.choice(["A", "B", "C"], size), strict=True)]
        for user in range(600)
        for size in [random.integers(1, 8)]
    }  # fmt: skip
    log["last"] = [(0, "A"), (23, "A")]
    table = frame({user: [(day * DAY, name) for day, name in events] for user, events in log.items()})
    spec = FunnelSpec(list("ABC"), order=order, window="6d")
    week = Period(dt.date(2026, 11, 8), dt.date(2026, 11, 14))
    assert from_events(table, spec, period=week).distinct.tolist() == in_days(log, spec, (7, 13))
    ripe = spec.changed(matured_only=True)
    assert from_events(table, ripe).distinct.tolist() == in_days(log, spec, (0, 17))


def test_a_step_taken_once_more_later_does_not_undo_the_set_that_began_before():
    log = {"u": [(0, "view"), (7 * DAY, "view"), (7 * DAY + 60, "buy")], "v": [(20 * DAY, "view")]}
    week = Period(dt.date(2026, 11, 1), dt.date(2026, 11, 7))
    for order in ("ordered", "any"):
        spec = FunnelSpec(["view", "buy"], order=order, window="14d")
        # A later start may rescue an ordered chain, but it would begin after the week.
        expected = [1, 1]
        assert from_events(frame(log), spec, period=week).distinct.tolist() == expected


def test_optional_steps_do_not_change_the_others():
    log = frame(random_log(seed=6, users=2000))
    with_it = from_events(log, FunnelSpec(["A", Step("B", optional=True), "C"], window=9)).distinct
    without = from_events(log, FunnelSpec(["A", "C"], window=9)).distinct
    in_series = from_events(log, FunnelSpec(["A", "B"], window=9)).distinct
    assert with_it[[0, 2]].tolist() == without.tolist()
    assert with_it[1] == in_series[1]


logs = st.dictionaries(
    st.sampled_from([f"u{i}" for i in range(12)]),
    st.lists(st.tuples(st.integers(0, 40), st.sampled_from(EVENTS), st.sampled_from(VALUES)), min_size=1, max_size=7),
    min_size=1,
).filter(lambda log: any(event[1] in "ABC" for events in log.values() for event in events))
windows = st.one_of(st.none(), st.integers(0, 40))


def counted(packed, **options):
    return from_events(packed, FunnelSpec(list("ABC"), **options)).distinct


@settings(max_examples=40, deadline=None)
@given(logs, windows)
def test_laws_of_order(log, window):
    packed = pack(frame(log))
    chain = {order: counted(packed, order=order, window=window) for order in ("strict", "ordered", "any")}
    for counts in chain.values():
        assert (np.diff(counts) <= 0).all(), "a funnel never grows"
    assert (chain["strict"] <= chain["ordered"]).all()
    assert (chain["ordered"] <= chain["any"]).all()
    assert (counted(packed, order="ordered", window=window, ties="strict") <= chain["ordered"]).all()
    assert (counted(packed, order="ordered", window=window, ties="grace:3s") >= chain["ordered"]).all()


@settings(max_examples=30, deadline=None)
@given(logs, st.integers(0, 40), st.integers(0, 40), st.sampled_from(["ordered", "strict", "any"]))
def test_a_longer_window_never_lowers(log, one, other, order):
    packed, (short, long) = pack(frame(log)), sorted((one, other))
    assert (counted(packed, order=order, window=short) <= counted(packed, order=order, window=long)).all()


@settings(max_examples=30, deadline=None)
@given(logs, windows, st.randoms(use_true_random=False), st.sampled_from(["ordered", "strict", "any", "count"]))
def test_rows_and_times_may_be_moved(log, window, random, order):
    data = frame(log)
    spec = FunnelSpec(list("ABC"), order=order, window=window)
    before = data.copy(deep=True)
    expected = from_events(data, spec, by="channel").rows
    rows = list(range(len(data)))
    random.shuffle(rows)
    moved = data.iloc[rows].assign(happened_at=lambda d: d["happened_at"] + pd.Timedelta(days=100, seconds=7))
    pd.testing.assert_frame_equal(from_events(moved, spec, by="channel").rows, expected)
    pd.testing.assert_frame_equal(data, before)


@settings(max_examples=20, deadline=None)
@given(logs, windows, st.integers(1, 5), st.sampled_from(["first_touch", "all_events", "step:2", "last_touch"]))
def test_shards_add_up(log, window, size, attribution):
    packed = pack(frame(log), by="channel")
    spec = FunnelSpec(list("ABC"), window=window, attribution=attribution)
    question, _ = ask(packed, spec, daily=True)
    question = replace(question, timed=True)
    whole, parts = tally(packed.logs(), question), tally(packed.logs(chunk=size), question)
    assert (whole.counts == parts.counts).all()
    assert (whole.daily == parts.daily).all()
    assert (whole.daily.sum(0) == whole.counts).all()
    for one, other in zip(whole.waits, parts.waits, strict=True):
        assert sorted(one.tolist()) == sorted(other.tolist())


def test_a_packed_log_answers_other_questions():
    data = frame(random_log(seed=8, users=300))
    packed = pack(data, by="channel")
    for spec in (SPECS["plain"], SPECS["strict"], SPECS["any, window"], SPECS["repeated"]):
        assert from_events(packed, spec).distinct.tolist() == from_events(data, spec).distinct.tolist()


def test_a_range_too_wide_for_one_key_is_packed_in_parts():
    log = random_log(seed=9, users=300)
    data = frame(log)
    far = pd.DataFrame([["far", pd.Timestamp("1700-01-01"), "x", None]], columns=data.columns)
    data = pd.concat([data, far], ignore_index=True)
    data["happened_at"] += pd.Timedelta(milliseconds=1)
    data["event"] = [f"{event}" for event in data["event"]]
    extra = pd.DataFrame(
        [[f"n{i}", data["happened_at"].iloc[0], f"e{i}", f"c{i % 900}"] for i in range(3000)], columns=data.columns
    )
    packed = pack(pd.concat([data, extra], ignore_index=True), by="channel")
    assert packed.layout.time_bits + packed.layout.low_bits > 55
    assert len(packed.keys) > 1
    assert from_events(packed, SPECS["window"]).distinct.tolist() == totals(log, SPECS["window"])


@pytest.mark.parametrize("kind", ["text", "whole numbers", "far numbers", "seconds", "milliseconds", "text times"])
def test_ids_and_times_of_any_kind(kind):
    log = random_log(seed=10, users=200)
    data = frame(log)
    numbers = {name: i + 1 for i, name in enumerate(log)}
    if kind == "whole numbers":
        data["user_id"] = data["user_id"].map(numbers)
    elif kind == "far numbers":
        data["user_id"] = data["user_id"].map(lambda name: numbers[name] * 10**14 + 7)
    elif kind in ("seconds", "milliseconds"):
        seconds = (data["happened_at"] - pd.Timestamp(0)) // pd.Timedelta(seconds=1)
        data["happened_at"] = seconds * (1000 if kind == "milliseconds" else 1)
    elif kind == "text times":
        data["happened_at"] = data["happened_at"].dt.strftime("%Y-%m-%d %H:%M:%S")
    assert from_events(data, SPECS["window"]).distinct.tolist() == totals(log, SPECS["window"])


def test_every_container_gives_the_same_numbers(tmp_path):
    import polars as pl
    import pyarrow as pa

    data = frame(random_log(seed=11, users=200))
    data.to_parquet(tmp_path / "log.parquet")
    data.to_csv(tmp_path / "log.csv", index=False)
    arrow = pa.Table.from_pandas(data, preserve_index=False)
    tables = [
        from_events(source, SPECS["window"], by="channel").rows
        for source in (data, arrow, pl.from_arrow(arrow), tmp_path / "log.parquet", str(tmp_path / "log.csv"))
    ]
    for one, other in itertools.pairwise(tables):
        pd.testing.assert_frame_equal(one, other)


def test_a_log_without_the_first_step():
    packed = pack(frame({"u": [(0, "B"), (1, "C")]}))
    (log,) = packed.logs()
    for spec in SPECS.values():
        if spec.order != "count":
            question, _ = ask(packed, spec) if spec.steps[0].name not in ("one",) else ask(packed, SPECS["plain"])
            assert not any(len(step.moment) for step in reach(log, question.plan, spec) if spec.steps[0].name == "A")


def test_opened_data_answers_like_a_table():
    from ecops.store.inputs import open_data

    data = frame(random_log(seed=12, users=200)).assign(platform="taobao")
    opened = open_data({"events": data})
    table = from_events(opened, SPECS["window"], by="channel")
    pd.testing.assert_frame_equal(table.rows, from_events(data, SPECS["window"], by="channel").rows)
    assert table.distinct.tolist() == from_events(opened, SPECS["window"], by=["platform"]).distinct.tolist()
