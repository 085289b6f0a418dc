"""How a capability announces itself: its folder holds `capability.py` with `CAPABILITY = Capability(...)`.

The review, the deck, the menu, the glossary, the alerts and the command line take whoever they find here and know none
by name. A folder of `ecops` is found by walking the package; a package of somebody else's by the entry-point group
`ecops.capabilities`, whose entries name a `Capability`.
"""

from __future__ import annotations

import functools
import importlib
import pkgutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib import metadata, util
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ecops.errors import DataError
from ecops.messages import Message, Term

if TYPE_CHECKING:
    import datetime as dt

    import typer

    from ecops.finding import Finding, Trial
    from ecops.metrics.measured import Measured
    from ecops.periods import Compare, Period
    from ecops.reports.model import Section

GROUP = "ecops.capabilities"
"""Entry-point group of capabilities that come from outside."""


@dataclass(frozen=True, slots=True)
class Capability:
    """One guest of the house. Its module is light: what is heavy is imported inside the functions.

    Attributes:
        key: name of its folder and area of its findings.
        label: what people call it, in the menu and above its part of the deck.
        question: the manager's question that it answers.
        order: where it stands among the others, lower first; of two who tell the same cause, the later one, who looks
            closer, has the word.
        needs: canonical tables any of which lets it speak; it is always asked when empty.
        page: stem of its script in `pages/`, or the path of a script; "" when it has no page.
        findings: `(data, period, compare) -> findings`. Those of a change carry the span they are compared with in
            `compare`; conditions and verdicts carry None.
        by_span: whether a longer span may show what a week hides, so that it is asked for each; else it is asked once.
        settle: `(data, name, end) -> finding`: what came of something that an action waits for by name, such as a
            test, up to a day; None for what it does not know.
        plan: `(state, trial, actor, language) -> name`: writes down a test that another guest proposes, as planned; one
            of that name stays as it is.
        waits_for: `(data) -> names`: what `settle` knows, to be offered when an action is written down.
        levers: names and labels of what its what-ifs may change beside metrics, such as the steps of a funnel.
        measured: `(data, period) -> figures by key`: figures of its metrics at the end of a period, for the board and
            the scorecards; see `ecops.metrics.measured`.
        section: `(data, period) -> section`: its part of the weekly deck, or None when there is nothing to show.
        metrics: its TOML of metrics, as in `ecops/metrics/catalogue`.
        alerts: its TOML of alert rules that hold until somebody writes others, as in `ecops/growth/alerts.toml`.
        advice: its TOML of advice, as in `ecops/handbook/rules.toml`.
        commands: makes its part of the command line.
        modules: what its findings import, to be imported before anybody asks.
        rows: numbers of the handbook rows that it answers.
        cites: keys of the handbook parameters that decide what it says.
    """

    key: str
    label: Term
    question: Term
    order: int
    needs: tuple[str, ...] = ()
    page: str = ""
    findings: Callable[[Any, Period, Compare], Sequence[Finding]] | None = None
    by_span: bool = True
    settle: Callable[[Any, str, dt.date], Finding | None] | None = None
    plan: Callable[[Any, Trial, str, str], str] | None = None
    waits_for: Callable[[Any], Sequence[str]] | None = None
    levers: Callable[[], Mapping[str, Term]] | None = None
    measured: Callable[[Any, Period], Mapping[str, Measured]] | None = None
    section: Callable[[Any, Period], Section | None] | None = None
    metrics: Path | None = None
    alerts: Path | None = None
    advice: Path | None = None
    commands: Callable[[], typer.Typer] | None = None
    modules: tuple[str, ...] = ()
    rows: tuple[int, ...] = ()
    cites: tuple[str, ...] = ()

    def speaks(self, data: Any) -> bool:
        """Whether `data` holds any of the tables that it needs."""
        return not self.needs or any(data.has(table) for table in self.needs)


@functools.cache
def capabilities() -> Mapping[str, Capability]:
    """Every guest by key, in their order; one of somebody else's that cannot be imported says so when it is asked."""
    found = sorted((*_inside(), *_outside()), key=lambda guest: (guest.order, guest.key))
    return {guest.key: guest for guest in found}


def files(kind: str) -> tuple[Path, ...]:
    """The TOML files of all guests of one kind: "metrics", "alerts" or "advice"."""
    return tuple(path for guest in capabilities().values() if (path := getattr(guest, kind)) is not None)


def _inside() -> Iterator[Capability]:
    import ecops

    for module in pkgutil.iter_modules(ecops.__path__):
        name = f"ecops.{module.name}.capability"
        if module.ispkg and util.find_spec(name) is not None:
            yield importlib.import_module(name).CAPABILITY


def _outside() -> Iterator[Capability]:
    for entry in metadata.entry_points(group=GROUP):
        try:
            guest = entry.load()
        except Exception as error:  # noqa: BLE001 - a stranger's package may fail in any way and must take nobody along
            yield _absent(entry.name, error)
        else:
            yield guest if isinstance(guest, Capability) else _absent(entry.name, TypeError("no Capability"))


def _absent(name: str, error: Exception) -> Capability:
    """A guest that stands for a package that cannot be imported, and says so."""
    reason = f"{type(error).__name__}: {error}"

    def findings(_data: Any, _period: Period, _compare: Compare) -> Sequence[Finding]:
        raise DataError(
            Message("The package cannot be imported: {reason}.", reason=reason),
            Message("Install it again, or remove it."),
        )

    return Capability(name, Term(name, name), Term("", ""), order=1000, findings=findings, by_span=False)
