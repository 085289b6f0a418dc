"""Who got how far, found by trying every way: slow, obvious, and written without a look at the kernels."""

from __future__ import annotations

import itertools
from collections import defaultdict

import pandas as pd

from ecops.funnel import FunnelSpec

INF = float("inf")
START = pd.Timestamp("2026-11-01")


def frame(log: dict[str, list[tuple]]) -> pd.DataFrame:
    """A log {user: [(seconds, event) or (seconds, event, value)]} as a table."""
    rows = [
        (user, START + pd.Timedelta(seconds=event[0]), event[1], event[2] if len(event) > 2 else None)
        for user, events in log.items()
        for event in events
    ]
    return pd.DataFrame(rows, columns=["user_id", "happened_at", "event", "channel"])


def path_to(spec: FunnelSpec, step: int) -> list[int]:
    return [i for i in spec.required if i <= spec.base[step]] + [step]


def reached(events: list[tuple], spec: FunnelSpec) -> list[bool]:
    """Whether one unit reached each step."""
    if spec.exclusions:
        return attempts(events, spec)
    way = {"ordered": ordered, "strict": strict, "any": any_order, "count": count}[spec.order]
    return [way(events, spec, path_to(spec, step)) for step in range(len(spec.steps))]


def matches(event: tuple, spec: FunnelSpec, step: int) -> bool:
    return event[1] in spec.steps[step].events


def in_time(times: list[float], spec: FunnelSpec) -> bool:
    window = spec.window_seconds if spec.window is not None else INF
    if spec.window_from == "previous":
        return all(b - a <= window for a, b in itertools.pairwise(times))
    return all(t - times[0] <= window for t in times)


def follows(before: float, after: float, spec: FunnelSpec) -> bool:
    return after > before if spec.ties == "strict" else after >= before - max(spec.grace_seconds, 0)


def ordered(events, spec, path):
    def go(chosen):
        if len(chosen) == len(path):
            return True
        for i, event in enumerate(events):
            if i in chosen or not matches(event, spec, path[len(chosen)]):
                continue
            times = [events[j][0] for j in chosen] + [event[0]]
            if len(times) > 1 and not follows(times[-2], times[-1], spec):
                continue
            if in_time(times, spec) and go([*chosen, i]):
                return True
        return False

    return go([])


def strict(events, spec, path):
    groups = [list(group) for _, group in itertools.groupby(sorted(events, key=lambda e: e[0]), key=lambda e: e[0])]
    for arrangement in itertools.product(*(itertools.permutations(group) for group in groups)):
        line = [event for group in arrangement for event in group]
        for begin in range(len(line) - len(path) + 1):
            piece = line[begin : begin + len(path)]
            times = [event[0] for event in piece]
            right = all(matches(event, spec, step) for event, step in zip(piece, path, strict=True))
            apart = all(follows(a, b, spec) for a, b in itertools.pairwise(times))
            if right and apart and in_time(times, spec):
                return True
    return False


def any_order(events, spec, path):
    window = spec.window_seconds if spec.window is not None else INF
    for chosen in itertools.permutations(events, len(path)):
        times = [event[0] for event in chosen]
        if max(times) - min(times) <= window and all(
            matches(event, spec, step) for event, step in zip(chosen, path, strict=True)
        ):
            return True
    return False


def count(events, spec, path):
    return any(matches(event, spec, path[-1]) for event in events)


def attempts(events, spec):
    """Exclusions: each first step is an attempt that goes on as early as it can; spoilt attempts do not count."""
    window = spec.window_seconds if spec.window is not None else INF
    events = sorted(events, key=lambda e: e[0])
    result = [False] * len(spec.steps)
    for begin in (e[0] for e in events if matches(e, spec, 0)):
        times = {0: begin}
        for step in range(1, len(spec.steps)):
            before = times.get(spec.base[step])
            fitting = [
                e[0]
                for e in events
                if before is not None
                and matches(e, spec, step)
                and follows(before, e[0], spec)
                and e[0] - begin <= window
            ]
            if fitting:
                times[step] = min(fitting)
        spoilt = False
        for event, start, stop in spec.exclusions:
            if start - 1 not in times:
                continue
            for e in events:
                if e[1] == event and e[0] > times[start - 1]:
                    spoilt |= e[0] < times[stop - 1] if stop - 1 in times else e[0] <= begin + window
        if not spoilt:
            result = [r or step in times for step, r in enumerate(result)]
    return result


def totals(log: dict[str, list[tuple]], spec: FunnelSpec) -> list[int]:
    """Units at each step."""
    flags = [reached(events, spec) for events in log.values()]
    return [sum(column) for column in zip(*flags, strict=True)] if flags else [0] * len(spec.steps)


def by_value(log: dict[str, list[tuple]], spec: FunnelSpec) -> dict[str, list[int]]:
    """Units at each step by the value of their events, for first_touch, all_events and step:k."""
    found: dict[str, list[int]] = defaultdict(lambda: [0] * len(spec.steps))

    def add(value, flags):
        found[value] = [n + bool(f) for n, f in zip(found[value], flags, strict=True)]

    for events in log.values():
        values = [e[2] if e[2] is not None else "" for e in events]
        if spec.attribution == "first_touch":
            known = sorted((e[0], v) for e, v in zip(events, values, strict=True) if v)
            add(known[0][1] if known else "", reached(events, spec))
        elif spec.attribution == "all_events":
            for value in sorted(set(values)):
                add(value, reached([e for e, v in zip(events, values, strict=True) if v == value], spec))
        else:
            step = spec.attribution_step
            flags = reached(events, spec)
            if not flags[step]:
                add("", flags)
                continue
            for value in sorted({v for e, v in zip(events, values, strict=True) if matches(e, spec, step)}):
                only = [e for e, v in zip(events, values, strict=True) if not matches(e, spec, step) or v == value]
                flags = reached(only, spec)
                if flags[step]:
                    add(value, flags)
    return {value: counts for value, counts in found.items() if any(counts)}
