"""Did it work? The metric of a place after an action, held against what would have happened without it.

A trouble that ends is not yet a trouble that somebody ended. So there are three questions, each on levels of whole
weeks against the untouched places beside it (difference in differences of logarithms, so that a shop-wide promotion or
a slow week is not taken for success):

- Is it now above what it was before the trouble, drawn on along its own line? Then, and only when nothing else happened
  in this place alone, it *worked*.
- Was it below that before the action, and is it back? Then it has *recovered*, and the cause is not proven, unless
  another place had the same trouble, no action, and did not recover as much.
- When did it turn? The day of the change, with its interval, stands beside the day of the action.

How much weeks differ although nobody did anything is known by `ecops.review.decisions.verifying.spread` alone.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal

from ecops.finding import Amount
from ecops.messages import Message, Named, Percent
from ecops.periods import Period
from ecops.review.decisions.verifying import events as happened
from ecops.review.decisions.verifying.around import FEWEST_WEEKS, Around, around
from ecops.review.decisions.verifying.events import Event
from ecops.review.decisions.verifying.judging import Judged, judged
from ecops.review.decisions.verifying.levels import FEWEST_KNOWN, WEEK, Days, daily
from ecops.review.decisions.verifying.nothing import Interval
from ecops.review.decisions.verifying.spread import FEWEST_CONTROLS
from ecops.review.decisions.verifying.timing import Onset

if TYPE_CHECKING:
    import pandas as pd

Verdict = Literal["worked", "recovered", "risen", "no_evidence", "did_not_work", "too_early"]
"""worked: above what it was before the trouble, or back while others with the same trouble are not. recovered: it was
below and is back, the cause is not proven. risen: above, but something else may have done it. no_evidence: neither yet.
did_not_work: for sure below what it was and not risen since, or below half of what was expected. too_early: less than
seven days have passed, or a window has no figures."""

FEWEST_DAYS = 7
SHOWN_WEEKS = 4
"""Weeks before the trouble whose level is shown."""


RARE = 0.5
"""Share of days with nothing above which the reader is told that little can be seen."""


@dataclass(frozen=True, slots=True)
class Known:
    """What else is known of the place of an action.

    Attributes:
        troubled_since: first day of the trouble it answers, with the days in which that was found; None without one.
        events: of the calendar, that touched this place and not all the places beside it.
        overlapping: titles of other actions in this place in the same weeks.
        later: controls that get the same action later, with its first day there (a staggered start).
    """

    troubled_since: dt.date | None = None
    events: Sequence[Event] = ()
    overlapping: Sequence[str] = ()
    later: Mapping[str, dt.date] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of an action.

    Attributes:
        verdict: see `Verdict`.
        change: relative change of the metric against its counterfactual, the level before the trouble drawn on and
            moved by the places beside it; 0.1 is ten per cent more, infinite where without the action there would be
            nothing. NaN when too early, or nothing on both sides.
        ci: 95 % interval of `change`.
        before: the metric in the last four weeks before the trouble; its own unit, NaN when too early.
        during: in the days of trouble, those of the finding among them; NaN without any.
        after, counterfactual: the metric after, and as it would have been without trouble and action.
        weekly: money a week beyond the counterfactual, with its interval; None when the worth of a unit is not known.
        recovered: money a week against the days of trouble; None without a recovery. It is nobody's proven merit.
        baseline, window: the days compared.
        trouble: the days left out between them; None without any.
        onset: when it turned for the better; None when it did not or nobody can tell.
        controls: number of untouched places used.
        notes: caveats.
    """

    verdict: Verdict
    change: float
    ci: tuple[float, float]
    before: float
    during: float
    after: float
    counterfactual: float
    weekly: Amount | None
    recovered: Amount | None
    baseline: Period
    window: Period
    trouble: Period | None
    onset: Onset | None
    controls: int
    notes: tuple[Message, ...] = ()

    @property
    def earned(self) -> Amount | None:
        """The money a week the action is shown to bring or to cost; None when the cause is not proven."""
        return self.weekly if self.verdict in {"worked", "did_not_work"} else None


def verify(
    treated: pd.DataFrame,
    controls: Mapping[str, pd.DataFrame],
    start: dt.date,
    *,
    known: Known | None = None,
    direction: Literal["up", "down"] = "up",
    expected_weekly: float = math.nan,
    worth: float = math.nan,
    currency: str = "",
) -> Outcome:
    """Compare a place after an action with what it was before its trouble.

    Args:
        treated: `date` (day), `numerator` and, for a rate, `denominator` (1 a day otherwise); as many weeks before the
            action as there are, up to half a year, and the days after it. Several rows of a day are added up; a day
            with a figure that is not known is left out.
        controls: the same for each untouched place.
        start: first day on which the action was in force.
        known: the trouble, the calendar, other actions.
        direction: "up" when more is better.
        expected_weekly: money a week the action was expected to bring, NaN when nobody said.
        worth: money one unit of the numerator is worth, NaN when unknown.
        currency: of `worth`.

    Raises:
        DataError: a table has not the columns needed.
    """
    known = known or Known()
    days = daily(treated, controls)
    if days is None:
        return _too_early(start, 0)
    begin = days.number(start)
    passed = max(days.length - begin, 0)
    if begin <= 0 or passed < FEWEST_DAYS:
        return _too_early(start, passed)
    clean, doubts, notes = _without_events(days, begin, known.events)
    found = around(clean, begin, known.troubled_since, 1.0 if direction == "up" else -1.0)
    if found is None:
        return _too_early(start, passed)
    later = [clean.number(known.later[name]) if name in known.later else None for name in controls]
    answers = judged(found, later)
    doubts += _doubts(found, known, answers)
    money = _Money(found, worth, currency)
    outcome = _outcome(found, answers, money, _verdict(answers, doubts, money, expected_weekly))
    return replace(outcome, notes=(*answers.notes, *doubts, *notes, *_caveats(outcome, answers, found)))


def _without_events(days: Days, start: int, found: Sequence[Event]) -> tuple[Days, list[Message], list[Message]]:
    """The days without those of events in this place alone, reasons to doubt, and notes.

    Where an event leaves no week of the window, its days stay and it is a reason to doubt.
    """
    notes = [
        Message("In the calendar {event} ends before it begins; the days between both are left out.", event=event.name)
        for event in found
        if event.end < event.start
    ]
    ordered = [Event(event.name, event.kind, *sorted((event.start, event.end))) for event in found]
    near = [event for event in ordered if days.number(event.start) < days.length]
    notes += [
        Message(
            "The calendar names {event}, but the figures of its days say the opposite. Please check.", event=event.name
        )
        for event in near
        if happened.contradicted(event, days, (0, start))
    ]
    marked = happened.on(near, days)
    inside = [event for event in near if days.number(event.end) >= start]
    names = Named.joined(event.name for event in inside)
    rest = days.without(marked)
    weeks = (days.length - start) // WEEK
    left = rest.known[0, start : start + weeks * WEEK].reshape(weeks, WEEK).sum(axis=1)
    if inside and not (left >= FEWEST_KNOWN).any():
        marked[start:] = False
        doubt = Message(
            "{events} touched this place alone in the same days: the two cannot be told apart.", events=names
        )
        return days.without(marked), [doubt], notes
    if inside:
        notes.append(Message("The days of {events}, which touched this place alone, are left out.", events=names))
    return rest, [], notes


def _doubts(found: Around, known: Known, answers: Judged) -> list[Message]:
    """Why a rise may be somebody else's, beside the events of the calendar."""
    doubts = []
    if known.overlapping:
        names = ", ".join(known.overlapping)
        doubts.append(
            Message(
                "Other actions in this place in the same weeks: {names}. Their parts cannot be told apart.", names=names
            )
        )
    if found.parts.before < FEWEST_WEEKS:
        doubts.append(
            Message(
                "Only {n} whole weeks before: {needed} are needed to see whether it was not rising by itself.",
                n=found.parts.before,
                needed=FEWEST_WEEKS,
            )
        )
    if answers.good and answers.growing:
        doubts.append(Message("It may have been rising by itself: the weeks just before the action point upwards."))
    if answers.onset is not None and answers.onset.timing == "earlier" and (answers.good or answers.ahead):
        doubts.append(Message("It began to rise on {day}, before the action.", day=answers.onset.day))
    return doubts


def _verdict(answers: Judged, doubts: Sequence[Message], money: _Money, expected: float) -> Verdict:
    came_back = answers.risen and answers.back
    if not doubts and (answers.good or (came_back and answers.ahead)):
        return "worked"
    if answers.good:
        return "risen"
    if came_back and answers.troubled:
        return "recovered"
    if answers.bad and not answers.risen:
        return "did_not_work"
    best = money.amount(_gain(answers, money))
    if answers.troubled and answers.rise is not None:
        best = money.amount(money.against(answers.rise))
    short = best is not None and money.found.sign > 0 and best.high < expected / 2
    return "did_not_work" if short else "no_evidence"


def _gain(answers: Judged, money: _Money) -> Interval:
    """The metric less what it would be, in its own unit."""
    return money.against(answers.ratio) if answers.gain is None else answers.gain


@dataclass(frozen=True, slots=True)
class _Money:
    """What a change of the metric is worth.

    Attributes:
        found: the weeks around the action.
        worth: money a unit of the numerator is worth, NaN when unknown.
        currency: of the money.
    """

    found: Around
    worth: float
    currency: str

    @property
    def level(self) -> float:
        """The metric after the action."""
        return _level(self.found, self.found.after)

    def against(self, ratio: Interval) -> Interval:
        """The metric less what it would be, in its own unit, from the metric over what it would be."""
        value, low, high = (self.level - self.level / part for part in ratio)
        return value, low, high

    def amount(self, gain: Interval) -> Amount | None:
        """Money a week of a gain of the metric; None when that or the worth is unknown."""
        exposure, weeks = self.found.parts.exposure[self.found.after], self.found.parts.weight[self.found.after]
        unit = float(exposure.sum() / weeks.sum()) * self.worth
        value, *limits = (part * unit for part in gain)
        if not math.isfinite(value):
            return None
        return Amount(value, min(limits), max(limits), self.currency, "week")


def _level(found: Around, part: slice) -> float:
    # Blocks without figures are not kept, so there is exposure in each.
    return float(found.parts.total[part].sum()) / float(found.parts.exposure[part].sum())


def _outcome(found: Around, answers: Judged, money: _Money, verdict: Verdict) -> Outcome:
    shown = slice(max(found.parts.before - SHOWN_WEEKS, 0), found.parts.before)
    value, low, high = answers.ratio
    recovered = None
    if answers.rise is not None and answers.risen and answers.troubled:
        recovered = money.amount(money.against(answers.rise))
    gain = _gain(answers, money)
    weekly = money.amount(gain)
    if verdict == "worked" and not answers.good:
        # Held against others with the same trouble: what came back is what was earned.
        weekly = recovered
    return Outcome(
        verdict=verdict,
        change=value - 1,
        ci=(low - 1, high - 1),
        before=_level(found, shown),
        during=math.nan if found.trouble is None else _level(found, found.trouble),
        after=money.level,
        counterfactual=money.level - (gain[0] if math.isfinite(gain[0]) else 0.0),
        weekly=weekly,
        recovered=recovered,
        baseline=found.period(found.healthy),
        window=found.period(found.window),
        trouble=None if found.trouble is None else found.period((found.onset, found.start)),
        onset=answers.onset if answers.good or answers.risen else None,
        controls=answers.controls,
    )


def _caveats(outcome: Outcome, answers: Judged, found: Around) -> list[Message]:
    notes = []
    there = found.days.known[0]
    if (found.days.numerator[0, there] == 0).mean() > RARE and not found.empty:
        notes.append(Message("On most days nothing happens here: only a very large change can be seen."))
    if answers.troubled and answers.risen and not answers.back:
        share = (outcome.after - outcome.during) / (outcome.counterfactual - outcome.during)
        notes.append(Message("About {share} of the fall is made good so far.", share=Percent(share, 0)))
    if outcome.verdict == "worked":
        notes.append(
            Message(
                "A promotion or price change in this place alone that the calendar does not name would look the same."
            )
        )
    if outcome.controls < FEWEST_CONTROLS:
        notes.append(
            Message(
                "Only {n} untouched segments to compare with: other causes in the same weeks cannot be told apart.",
                n=outcome.controls,
            )
        )
    return notes


def _too_early(start: dt.date, passed: int) -> Outcome:
    note = (
        Message("{passed} of {needed} days have passed since the action began.", passed=passed, needed=FEWEST_DAYS)
        if passed < FEWEST_DAYS
        else Message("Two weeks with figures before the action are needed, and one after it.")
    )
    nan, day = math.nan, dt.timedelta(days=1)
    window = Period(start, start + max(passed - 1, 0) * day)
    base = Period(start - 2 * WEEK * day, start - day)
    return Outcome(
        "too_early", nan, (nan, nan), nan, nan, nan, nan, None, None, base, window, None, None, 0, (note,)
    )  # fmt: skip
