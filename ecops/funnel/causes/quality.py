"""Can the numbers be believed? What the data does that would make a funnel lie, found before anything is diagnosed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ecops.errors import SpecError
from ecops.funnel.reading.events import ask, from_events
from ecops.funnel.reading.log import Ints, Log, first_of_unit
from ecops.funnel.reading.packing import PackedEvents, pack
from ecops.funnel.spec import FunnelSpec
from ecops.funnel.table import Floats, FunnelTable, Issue, worst_first
from ecops.messages import Count, Message, Percent
from ecops.periods import Period

OUT_OF_ORDER, SKIPPED, TIES, TRUNCATED, MISSING = 0.10, 0.20, 0.05, 0.05, 0.01
"""Shares from which a check speaks."""

CROWD = 1000.0
"""Events of one id beyond which it may be many people or a robot, when most ids have far fewer."""

_FAVOURITES = {
    "fav",
    "favourite",
    "favorite",
    "favourites",
    "favorites",
    "wishlist",
    "wishlist_add",
    "收藏",
    "收藏人数",
}


def quality(
    data: Any, spec: FunnelSpec | None = None, by: str | Sequence[str] | None = None, period: Period | None = None
) -> tuple[Issue, ...]:
    """What a reader must know before she believes the funnel, worst first.

    Args:
        data: a `FunnelTable`, or a log (see `from_events`) together with `spec`.
        spec: the funnel, for a log.
        by: dimensions, as in `from_events`.
        period: days in which a chain must start, as in `from_events`.

    Returns:
        Issues; empty when nothing was noticed.
    """
    if isinstance(data, FunnelTable):
        found = [*data.issues, *_table_issues(data)]
    else:
        if spec is None:
            raise SpecError(Message("A log needs a funnel."), Message("Give the FunnelSpec to check it with."))
        packed = data if isinstance(data, PackedEvents) else pack(data, spec.unit, by)
        table = from_events(packed, spec, period=period)
        found = [*log_issues(packed, spec, period), *table.issues, *_table_issues(table)]
    return worst_first({(issue.kind, str(issue.message)): issue for issue in found}.values())


def _table_issues(table: FunnelTable) -> list[Issue]:
    return [*_above_hundred(table), *_parallel(table), *_not_additive(table), *_days(table), *_overlap(table)]


def _above_hundred(table: FunnelTable) -> list[Issue]:
    """A step with more people than the step it follows."""
    found = []
    names = [step.term for step in table.steps]
    for step, base in enumerate(table.base):
        if base < 0:
            continue
        more = table.counts[:, step] > table.counts[:, base]
        whole = table.distinct[step] > table.distinct[base]
        if not (more.any() or whole):
            continue
        if whole:
            message = Message(
                "{later} ({n}) has more than {earlier} ({base}): a rate above 100% cannot be right.",
                later=names[step],
                earlier=names[base],
                n=Count(table.distinct[step]),
                base=Count(table.distinct[base]),
            )
        else:
            first = int(np.flatnonzero(more)[0])
            message = Message(
                "In {segment}, {later} has more than {earlier}: a rate above 100% cannot be right.",
                later=names[step],
                earlier=names[base],
                segment=" › ".join(table.segments[first]),
            )
        hint = Message("Check that both columns count the same people, and that the steps follow one another.")
        found.append(Issue("above_100", "error", message, hint, float(more.mean())))
    return found


def _parallel(table: FunnelTable) -> list[Issue]:
    """收藏 and 加购 stand beside each other; putting them in series makes rates nobody can read."""
    found = [
        step
        for step in table.steps
        if not step.optional
        and _FAVOURITES & {step.name.casefold(), *(event.casefold() for event in step.events), *step.columns}
    ]
    if not found:
        return []
    message = Message("{favourite} stands beside the other ways to buy, not before them.", favourite=found[0].term)
    hint = Message("Leave it out, or make it an optional step.")
    return [Issue("parallel_steps", "warning", message, hint)]


def _not_additive(table: FunnelTable) -> list[Issue]:
    if table.mode != "counts" or len(table.days) < 2:
        return []
    message = Message("Visitors of several days were added up; the sum counts visits by day, not different people.")
    return [Issue("not_additive", "info", message, Message("Rates stay right; do not read the sums as people."))]


def _overlap(table: FunnelTable) -> list[Issue]:
    if not table.by or table.counts.sum(0)[0] <= table.distinct[0] * (1 + 1e-9):
        return []
    share = 1 - table.distinct[0] / table.counts.sum(0)[0]
    message = Message("Some stand in several segments: the segments add up to more than the total.")
    return [Issue("overlap", "info", message, None, float(share))]


def _days(table: FunnelTable) -> list[Issue]:
    """Days that are missing, and days from which a different number was counted."""
    if table.daily is None or len(table.days) < 2:
        return []
    found = []
    span = (table.days[-1] - table.days[0]).days + 1
    if table.mode == "counts" and span > len(table.days):
        message = Message("{n} days between the first and the last are missing.", n=Count(span - len(table.days)))
        found.append(
            Issue("days_missing", "warning", message, Message("Load the missing days."), 1 - len(table.days) / span)
        )
    active = table.daily[:, :, 0].sum(1)
    jump = level_shift(active)
    if jump is not None:
        day, ratio = jump
        message = Message(
            "From {day} on, {change} as many are counted as before.", day=table.days[day], change=Percent(ratio)
        )
        hint = Message("Check whether the logging or the sample changed before comparing across this day.")
        found.append(Issue("coverage_jump", "warning", message, hint, abs(ratio - 1)))
    return found


def level_shift(daily: Floats) -> tuple[int, float] | None:
    """The day from which the level of a daily count is different for good, and the ratio to the level before.

    A shift is a step of at least 25 % between two neighbouring days, larger than 6 times the usual day-to-day noise
    (median absolute deviation), and kept until the end: every later day lies on its side of the middle.
    """
    values = np.asarray(daily, dtype=np.float64)
    if len(values) < 5 or (values <= 0).any():
        return None
    logs = np.log(values)
    steps = np.diff(logs)
    day = int(np.argmax(np.abs(steps))) + 1
    if day == len(values) - 1:
        # The first and the last day of a log are rarely whole.
        return level_shift(values[:-1])
    if day == 1:
        later = level_shift(values[1:])
        return None if later is None else (later[0] + 1, later[1])
    others = np.delete(steps, day - 1)
    noise = max(1.4826 * float(np.median(np.abs(others - np.median(others)))), float(1 / np.sqrt(values.mean())))
    step = float(steps[day - 1])
    if abs(step) < max(np.log(1.25), 6 * noise):
        return None
    middle = (np.median(logs[:day]) + np.median(logs[day:])) / 2
    kept = (
        (logs[day:] > middle).all() and (logs[:day] < middle).all()
        if step > 0
        else ((logs[day:] < middle).all() and (logs[:day] > middle).all())
    )
    if not kept:
        return None
    return day, float(np.exp(np.median(logs[day:]) - np.median(logs[:day])))


def log_issues(packed: PackedEvents, spec: FunnelSpec, period: Period | None = None) -> list[Issue]:
    """What a log does that its counts do not show: ids, time stamps, skipped steps, windows."""
    question, _ = ask(packed, spec, period)
    plan = question.plan
    pairs = [(step, base) for step, base in enumerate(plan.base) if base >= 0 and plan.kinds[step] != plan.kinds[base]]
    totals = _Totals(len(plan.steps))
    for log in packed.logs():
        totals.add(log, [log.rows(codes) for codes in plan.steps], pairs, plan.required)
    found = [*_ids(packed, totals), *_window(packed, spec, question.plan.first, question.plan.last)]
    if spec.order != "count":
        found += totals.disorder(spec, pairs) + totals.skips(spec)
    if spec.order in ("ordered", "strict"):
        found += totals.ties(spec)
    return found


class _Totals:
    """Sums over the parts of a log that the checks need."""

    def __init__(self, steps: int) -> None:
        self.both = np.zeros(steps)
        self.reversed = np.zeros(steps)
        self.around = np.zeros(steps)
        self.skipped = np.zeros(steps)
        self.step_events = 0
        self.tied = 0
        self.sizes: list[Ints] = []

    def add(self, log: Log, rows: list[Ints], pairs: list[tuple[int, int]], required: tuple[int, ...]) -> None:
        if not len(log.keys):
            return
        never = np.iinfo(np.int64).max
        first = np.full((len(rows), len(log.units)), never)
        last = np.full((len(rows), len(log.units)), -1, dtype=np.int64)
        for step, at in enumerate(rows):
            moments = log.moments[at]
            begin = first_of_unit(log, moments)
            first[step, log.places(moments[begin])] = moments[begin]
            last[step, log.places(moments)] = moments
        for step, base in pairs:
            has = (first[base] != never) & (last[step] >= 0)
            self.both[step] += has.sum()
            self.reversed[step] += (has & (last[step] < first[base])).sum()
        for before, step, after in zip(required, required[1:], required[2:], strict=False):
            around = (first[before] != never) & (last[after] >= 0)
            self.around[step] += around.sum()
            self.skipped[step] += (around & (last[step] < 0)).sum()
        self._add_ties(log, rows)
        self.sizes.append(np.diff(np.append(log.first_rows, len(log.keys))))

    def _add_ties(self, log: Log, rows: list[Ints]) -> None:
        """Step events that share their instant with an event of another step."""
        step_of = np.full(len(log.keys), -1)
        for step, at in enumerate(rows):
            step_of[at] = step
        used = np.flatnonzero(step_of >= 0)
        moments, kinds = log.moments[used], step_of[used]
        if not len(used):
            return
        _, place = np.unique(moments, return_inverse=True)
        lowest = np.full(place.max() + 1, len(rows))
        highest = np.full(place.max() + 1, -1)
        np.minimum.at(lowest, place, kinds)
        np.maximum.at(highest, place, kinds)
        self.step_events += len(used)
        self.tied += int((lowest[place] != highest[place]).sum())

    def disorder(self, spec: FunnelSpec, pairs: list[tuple[int, int]]) -> list[Issue]:
        shares = [(self.reversed[s] / self.both[s] if self.both[s] else 0.0, s, b) for s, b in pairs]
        shares = [entry for entry in shares if entry[0] >= OUT_OF_ORDER]
        if not shares:
            return []
        share, step, base = max(shares)
        message = Message(
            "{share} of those who took both steps have {later} stamped before {earlier} ({n} of {total}).",
            share=Percent(share),
            later=spec.steps[step].term,
            earlier=spec.steps[base].term,
            n=Count(self.reversed[step]),
            total=Count(self.both[step]),
        )
        hint = (
            Message("The steps are therefore counted in any order.")
            if spec.order == "any"
            else Message("The time stamps cannot be trusted to say which came first: use the order any.")
        )
        return [Issue("out_of_order", "warning", message, hint, float(share))]

    def ties(self, spec: FunnelSpec) -> list[Issue]:
        share = self.tied / self.step_events if self.step_events else 0.0
        if share < TIES:
            return []
        message = Message("{share} of the step events share their instant with another step.", share=Percent(share))
        hint = (
            Message("They are counted in the order that helps; ties strict shows the other extreme.")
            if spec.ties != "strict"
            else Message("They are counted as not following one another; ties allow shows the other extreme.")
        )
        return [Issue("ties", "warning", message, hint, share)]

    def skips(self, spec: FunnelSpec) -> list[Issue]:
        found = []
        for step in spec.required:
            share = self.skipped[step] / self.around[step] if self.around[step] else 0.0
            if share >= SKIPPED:
                message = Message(
                    "{share} of those who went on never took the step {step}.",
                    share=Percent(share),
                    step=spec.steps[step].term,
                )
                hint = Message("Make the step optional, or they count as lost.")
                found.append(Issue("skipped_step", "warning", message, hint, float(share)))
        return found


def _ids(packed: PackedEvents, totals: _Totals) -> list[Issue]:
    found = []
    nobody, never = (Percent(n / packed.rows) for n in (packed.without_id, packed.without_time))
    for kind, share, lost in (
        ("missing_ids", nobody.value, Message("{share} of the events name nobody and were left out.", share=nobody)),
        ("missing_times", never.value, Message("{share} of the events have no time and were left out.", share=never)),
    ):
        if share:
            found.append(Issue(kind, "warning" if share >= MISSING else "info", lost, None, share))
    if totals.sizes:
        sizes = np.concatenate(totals.sizes)
        # Of fewer than a hundred ids the largest pulls the limit up to itself, and is never beyond it.
        most = max(CROWD, 50 * float(np.quantile(sizes, 0.99)))
        crowds = sizes[sizes > most]
        if len(crowds):
            message = Message(
                "{n} ids have more than {usual} events each; they look like many people or a robot.",
                n=Count(len(crowds)),
                usual=Count(most),
            )
            found.append(
                Issue(
                    "merged_ids", "warning", message, Message("Leave these ids out."), float(crowds.sum() / sizes.sum())
                )
            )
    return found


def _window(packed: PackedEvents, spec: FunnelSpec, first: int, last: int) -> list[Issue]:
    """Windows that the log cannot cover."""
    if spec.window_seconds is None or spec.order == "count":
        return []
    window = int(spec.window_seconds * packed.ticks_per_second)
    if window > packed.last:
        message = Message("The window is longer than the log.")
        hint = Message("Load more days or choose a shorter window.")
        return [Issue("window_too_long", "warning", message, hint, 1.0)]
    if spec.matured_only:
        return []
    question, _ = ask(packed, spec)
    starts = late = 0
    for log in packed.logs():
        tick = log.tick_of(log.moments[log.rows(question.plan.steps[0])])
        tick = tick[(tick >= first) & (tick <= last)]
        starts += len(tick)
        late += int((tick > packed.last - window).sum())
    share = late / starts if starts else 0.0
    if share < TRUNCATED:
        return []
    message = Message("{share} of the starts have less than the whole window in the log.", share=Percent(share))
    hint = Message("Compare matured cohorts only, or the latest days will look worse than they are.")
    return [Issue("truncated_windows", "warning", message, hint, share)]
