"""How long people take, what those who drop out do, and who skips a step."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from ecops.errors import SpecError, unknown_name
from ecops.funnel.paths.counting import tally
from ecops.funnel.paths.kernel import reach
from ecops.funnel.reading.events import ask
from ecops.funnel.reading.log import Log, compile_plan
from ecops.funnel.reading.packing import PackedEvents, cores, pack
from ecops.funnel.spec import FunnelSpec
from ecops.funnel.table import Floats
from ecops.messages import Message
from ecops.periods import Period
from ecops.statistics import benjamini_hochberg, two_proportions, wilson

_MOST_BINS = 60


@dataclass(frozen=True, slots=True)
class TimeToConvert:
    """How long people took.

    Attributes:
        steps: one row a step after the first: `step`, `n`, and seconds since the step before: `mean`, `median`, `p25`,
            `p75`, `p90`; and since the first step: `mean_total`, `median_total`. NaN when nobody took the step.
        edges: ends of the bins, seconds since the first step, shape (bins + 1,); empty when nobody finished.
        counts: units in each bin, shape (bins,).
        to_step: name of the step the histogram goes to.
    """

    steps: pd.DataFrame
    edges: Floats
    counts: Floats
    to_step: str


def time_to_convert(
    data: Any,
    spec: FunnelSpec,
    to_step: str | None = None,
    bins: int | None = None,
    period: Period | None = None,
) -> TimeToConvert:
    """How long people took from step to step, in the first chain that took them there.

    Args:
        data: a log or `PackedEvents`, see `from_events`.
        spec: the funnel.
        to_step: step the histogram goes to; the last one when None.
        bins: how many; the cube root of the number of units, 1 to 60, when None.
        period: days in which a chain must start.
    """
    names = [step.name for step in spec.steps]
    target = names[-1] if to_step is None else to_step
    if target not in names[1:]:
        raise unknown_name(Message("The step"), target, names[1:])
    if bins is not None and not 1 <= bins <= 90:
        raise SpecError(Message("A histogram has 1 to 90 bins."), Message("Leave it out for a good number."))
    packed = data if isinstance(data, PackedEvents) else pack(data, spec.unit)
    question, _ = ask(packed, spec.changed(attribution="first_touch"), period)
    found = tally(packed.logs(), replace(question, timed=True), cores())
    rows = []
    for position in range(1, len(names)):
        hop, wait = (x[position] / packed.ticks_per_second for x in (found.hops, found.waits))
        rows.append({"step": names[position], "n": len(hop), **_summary(hop), **_total(wait)})
    waits = found.waits[names.index(target)] / packed.ticks_per_second
    if not len(waits):
        return TimeToConvert(pd.DataFrame(rows), np.zeros(0), np.zeros(0), target)
    number = bins or min(int(np.ceil(np.cbrt(len(waits)))), _MOST_BINS)
    top = max(float(waits.max()), 1.0)
    counts, edges = np.histogram(waits, bins=number, range=(min(0.0, float(waits.min())), top))
    return TimeToConvert(pd.DataFrame(rows), edges.astype(np.float64), counts.astype(np.float64), target)


def _summary(values: Floats) -> dict[str, float]:
    if not len(values):
        return dict.fromkeys(("mean", "median", "p25", "p75", "p90"), float("nan"))
    p25, median, p75, p90 = np.quantile(values, [0.25, 0.5, 0.75, 0.9])
    return {"mean": float(values.mean()), "median": median, "p25": p25, "p75": p75, "p90": p90}


def _total(values: Floats) -> dict[str, float]:
    if not len(values):
        return {"mean_total": float("nan"), "median_total": float("nan")}
    return {"mean_total": float(values.mean()), "median_total": float(np.median(values))}


def drivers(
    data: Any, spec: FunnelSpec, step: str | None = None, period: Period | None = None, alpha: float = 0.05
) -> pd.DataFrame:
    """Which other events go with dropping out between a step and the one before it.

    For every event that is no step: how many converted and dropped units had it (at any time between the start of their
    chain and the end of the window), the odds ratio with 1 added to each cell (as PostHog does), Fisher's or the
    two-proportion p-value, and its Benjamini-Hochberg q-value. Association, not cause.

    Args:
        data: a log or `PackedEvents`, see `from_events`.
        spec: the funnel.
        step: the step that was taken or not; the last one when None.
        period: days in which a chain must start.
        alpha: the false-discovery rate below which `confirmed` is true.

    Returns:
        One row an event, the strongest sign of dropping out first: `event`, `converted_with`, `converted_without`,
        `dropped_with`, `dropped_without`, `odds_ratio` (of converting; below 1 means it goes with dropping out),
        `p_value`, `q_value`, `confirmed`, `droppers_explained` (share of the droppers that had the event beyond the
        share of the converted).
    """
    names = [one.name for one in spec.steps]
    target = names[-1] if step is None else step
    if target not in names[1:]:
        raise unknown_name(Message("The step"), target, names[1:])
    position = names.index(target)
    base = spec.base[position]
    packed = data if isinstance(data, PackedEvents) else pack(data, spec.unit)
    question, _ = ask(packed, spec, period)
    taken = {name for one in spec.steps for name in one.events}
    others = [(i + 1, name) for i, name in enumerate(packed.names) if name not in taken]
    table = np.zeros((len(others), 2))
    sizes = np.zeros(2)
    for log in packed.logs():
        found = reach(log, question.plan, spec)
        entered, converted = found[base], found[position]
        group = np.full(len(log.units), -1)
        group[log.places(entered.moment)] = 1
        group[log.places(converted.moment)] = 0
        sizes += np.bincount(group[group >= 0], minlength=2)
        begin = np.zeros(len(log.units), dtype=np.int64)
        begin[log.places(entered.moment)] = entered.start
        table += _with_event(log, group, begin, question.plan.window, [code for code, _ in others])
    return drivers_from_counts([name for _, name in others], table, (sizes[0], sizes[1]), alpha)


def _with_event(log: Log, group: Any, begin: Any, window: int | None, codes: Sequence[int]) -> Floats:
    """Units of each group that had each event in the window of their chain, shape (events, 2)."""
    counts = np.zeros((len(codes), 2))
    for row, code in enumerate(codes):
        moments = log.moments[log.rows(np.array([code]))]
        place = log.places(moments)
        inside = (group[place] >= 0) & (moments >= begin[place])
        if window is not None:
            inside &= moments - begin[place] <= window
        counts[row] = np.bincount(group[np.unique(place[inside])], minlength=2)
    return counts


def drivers_from_counts(
    events: Sequence[str], having: Floats, sizes: tuple[float, float], alpha: float = 0.05
) -> pd.DataFrame:
    """`drivers` from counts: `having` is (converted, dropped) units with each event, `sizes` all (converted, dropped).

    >>> found = drivers_from_counts(["watched video"], np.array([[5.0, 2.0]]), (6.0, 12.0))
    >>> float(found["odds_ratio"].iloc[0])
    11.0
    """
    converted, dropped = sizes
    with_converted, with_dropped = np.asarray(having, dtype=np.float64).reshape(-1, 2).T
    without_converted, without_dropped = converted - with_converted, dropped - with_dropped
    odds = (with_converted + 1) * (without_dropped + 1) / ((with_dropped + 1) * (without_converted + 1))
    p_value = np.asarray(two_proportions((with_converted, converted), (with_dropped, dropped)))
    q_value = benjamini_hochberg(p_value)
    share = with_dropped / max(dropped, 1.0) - with_converted / max(converted, 1.0)
    frame = pd.DataFrame(
        {
            "event": list(events),
            "converted_with": with_converted,
            "converted_without": without_converted,
            "dropped_with": with_dropped,
            "dropped_without": without_dropped,
            "odds_ratio": odds,
            "p_value": p_value,
            "q_value": q_value,
            "confirmed": q_value < alpha,
            "droppers_explained": np.maximum(share, 0.0),
        }
    )
    order = np.lexsort((frame["event"].to_numpy(dtype=str), odds))
    return frame.iloc[order].reset_index(drop=True)


def skipped_steps(data: Any, spec: FunnelSpec, period: Period | None = None) -> pd.DataFrame:
    """How many go on without taking a step (buyers who never used the cart).

    For every step in between: those who reached the next required step when this one is left out of the funnel, and how
    many of them only reach it that way.

    Args:
        data: a log or `PackedEvents`, see `from_events`.
        spec: the funnel.
        period: days in which a chain must start.

    Returns:
        One row a step in between: `step`, `next_step`, `n` (units at the next step without asking for this one),
        `skipped`, `share`, `low` and `high` (95 % Wilson interval of the share).
    """
    packed = data if isinstance(data, PackedEvents) else pack(data, spec.unit)
    question, _ = ask(packed, spec, period)
    plan, rows = question.plan, []
    for position in range(1, len(spec.steps) - 1):
        following = next(i for i in spec.required if i > position)
        before = [i for i in spec.required if i < position]
        short = spec.changed(
            steps=tuple(spec.steps[i] for i in (*before, following)), exclusions=(), attribution="first_touch"
        )
        full = short.changed(steps=tuple(spec.steps[i] for i in (*before, position, following)))
        full = full.changed(steps=tuple(type(s)(s.name, False, s.events, s.columns, s.label) for s in full.steps))
        reached = []
        for one in (short, full):
            again = compile_plan(one, packed.names, packed.ticks_per_second, plan.first, plan.last)
            reached.append(sum(len(reach(log, again, one)[-1].moment) for log in packed.logs()))
        rows.append((spec.steps[position].name, spec.steps[following].name, reached[0], reached[0] - reached[1]))
    frame = pd.DataFrame(rows, columns=["step", "next_step", "n", "skipped"])
    low, high = wilson(frame["skipped"].to_numpy(), frame["n"].to_numpy())
    with np.errstate(invalid="ignore", divide="ignore"):
        share = frame["skipped"].to_numpy() / frame["n"].to_numpy()
    return frame.assign(share=share, low=low, high=high)
