"""Everything that every capability found for a week, each cause once, the most money first."""

from __future__ import annotations

from collections.abc import Sequence
from threading import Lock
from typing import Any

from ecops.capability import Capability, capabilities
from ecops.engine import load_sql
from ecops.errors import EcopsError
from ecops.finding import Finding
from ecops.handbook import advice
from ecops.messages import Message
from ecops.metrics.daily import Data, opened
from ecops.periods import ONE_DAY, Compare, Period
from ecops.reports.model import Bullets, Section
from ecops.review import causes
from ecops.store import journal

SPANS = (1, 2, 4)
"""How many times the length of the period is looked at: a trouble that has lasted two weeks is invisible in week
against week."""

WATCHED = 5
"""At most so many findings that are only to be watched."""

WRITTEN_LATER = ("actions", "alert_rules", "checklists", "requests", "scenarios", "sub_accounts", "targets")
"""Streams of the journal that the review writes once it has its findings: none rests on them, so a decision that is
written down in the meeting does not send everybody back to work."""

_KEPT = 32
_answers: dict[tuple[Any, ...], tuple[Finding, ...]] = {}
_lock = Lock()


def collect(
    data: Any, period: Period, compare: Compare = "previous", *, spans: Sequence[int] = SPANS
) -> tuple[Finding, ...]:
    """Findings of every capability for a period, each cause once, ranked.

    The period is compared with the one before, and so are spans of two and four times its length that end with it;
    confidence allows for the number of spans looked at. The answer is kept for each version of the data and of what
    people wrote down.

    Args:
        data: a workspace, or anything `ecops.metrics.kpis` takes.
        period: the days of the review, usually a week.
        compare: "previous" looks at all `spans`; any other comparison at the period alone.
        spans: multiples of the period's length.

    Raises:
        EcopsError: the data cannot be opened.
    """
    ready = opened(data.data() if hasattr(data, "data") and hasattr(data, "tables") else data)
    version, written = getattr(ready, "version", id(ready)), journal.last(getattr(ready, "state", None), WRITTEN_LATER)
    key = (version, written, period, compare, tuple(spans))
    with _lock:
        known = _answers.get(key)
    if known is not None:
        return known
    found = _collected(ready, period, compare, tuple(spans) if compare == "previous" else (1,))
    with _lock:
        while len(_answers) >= _KEPT:
            del _answers[next(iter(_answers))]
        _answers[key] = found
    return found


def changes(data: Any, period: Period, compare: Compare = "previous") -> tuple[Finding, ...]:
    """Why one span changed: findings of every capability that compare it, each cause once, ranked.

    They carry the same figures as in the weekly review; longer spans, conditions and tests are left out.

    Args:
        data: a workspace, or anything `ecops.metrics.kpis` takes.
        period: the days to explain.
        compare: what they are compared with.

    Raises:
        EcopsError: the data cannot be opened, or the comparison does not exist.
    """
    ready = opened(data)
    other = period.compared(compare)
    guests = [guest for guest in capabilities().values() if guest.by_span]
    heard = [finding for guest in guests for finding in _asked(guest, ready, period, compare)]
    told = [finding for finding in heard if finding.compare is not None]
    return causes.rank(causes.once(told, _leaves(ready, Period(other.start, period.end))))


def sections(data: Any, period: Period) -> tuple[Section, ...]:
    """What every capability adds to the weekly deck, in their order; one that fails is told in one line.

    Args:
        data: a workspace, or anything `ecops.metrics.kpis` takes.
        period: the week.
    """
    ready = opened(data.data() if hasattr(data, "data") and hasattr(data, "tables") else data)
    found = []
    for guest in capabilities().values():
        if guest.section is None or not guest.speaks(ready):
            continue
        try:
            section = guest.section(ready, period)
        except EcopsError as error:
            section = Section(
                Message("{capability}", capability=guest.label), (Bullets((_silence(guest, error.what),)),)
            )
        except Exception as error:  # noqa: BLE001 - the others have to be heard whatever is wrong with one
            section = Section(
                Message("{capability}", capability=guest.label), (Bullets((_silence(guest, _kind(error)),)),)
            )
        if section is not None:
            found.append(section)
    return tuple(found)


def _silence(guest: Capability, why: Message) -> Message:
    return Message("{capability} could not be worked out: {why}", capability=guest.label, why=why)


def _kind(error: Exception) -> Message:
    return Message("{kind}", kind=type(error).__name__)


def _collected(data: Data, period: Period, compare: Compare, spans: tuple[int, ...]) -> tuple[Finding, ...]:
    windows = [Period(period.end - (span * period.days - 1) * ONE_DAY, period.end) for span in spans]
    found: list[Finding] = []
    for days in windows:
        first, last = days == windows[0], days == windows[-1]
        for guest in capabilities().values():
            if first or guest.by_span:
                heard = _asked(guest, data, days, compare)
                found += [finding for finding in heard if _told_here(finding, first=first, last=last)]
    sure = [causes.corrected(finding, len(spans)) for finding in found]
    ranked = causes.rank(causes.once(sure, _leaves(data, _all(windows, compare))))
    watched = [finding for finding in ranked if finding.confidence == "watch" and finding.compare is not None]
    return tuple(causes.told(finding, period) for finding in ranked if finding not in watched[WATCHED:])


def _all(windows: Sequence[Period], compare: Compare) -> Period:
    """Every day that is looked at."""
    return Period(min(days.compared(compare).start for days in windows), windows[0].end)


def _told_here(finding: Finding, *, first: bool, last: bool) -> bool:
    """Conditions, verdicts and defects are told of the period itself; too little data when the longest span says so."""
    if finding.compare is None or finding.kind == "data":
        return first
    return last or finding.confidence != "insufficient"


def _asked(guest: Capability, data: Data, period: Period, compare: Compare) -> Sequence[Finding]:
    """What a guest found; one that fails is told in one line and takes nobody with it."""
    if guest.findings is None or not guest.speaks(data):
        return ()
    try:
        return guest.findings(data, period, compare)
    except EcopsError as error:
        return (_failed(guest, period, error.what, error.hint),)
    except Exception as error:  # noqa: BLE001 - the others have to be heard whatever is wrong with one
        return (_failed(guest, period, _kind(error), None),)


def _failed(guest: Capability, period: Period, why: Message, hint: Message | None) -> Finding:
    headline = _silence(guest, why)
    return Finding.silent(guest.key, {"capability": guest.key}, period, headline, hint or why, advice("data_quality"))


def _leaves(data: Data, days: Period) -> causes.Places:
    """The smallest parts of the shop that have traffic in these days."""
    if not data.has("traffic_daily"):
        return causes.Places()
    sql = load_sql("ecops.review.queries", "places")
    return causes.Places(tuple(data.query(sql, {"start": days.start, "end": days.end}).to_pylist()))
