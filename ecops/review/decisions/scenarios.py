"""What-if states with a name, kept in the journal: up to five side by side, money first; taken along as JSON."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ecops.capability import capabilities
from ecops.errors import DataError, SpecError, unknown_name
from ecops.messages import Message, Money, MoneyRange, Number, Percent, Term, Value
from ecops.metrics.registry import metrics
from ecops.periods import Period, parse_period
from ecops.store import journal
from ecops.words import where

if TYPE_CHECKING:
    from ecops.store.state import State

STREAM = "scenarios"
MOST = 5
"""Scenarios that can stand side by side, and so that can be saved."""

FORMAT = "ecops scenarios 1"
STEP_RATE = "step_rate"
"""The lever of the funnel page: points added to the rate of the step that the subject names."""

_LONGEST = 60
_RESULTS = ("base", "scenario")
_STEP = "step"


@dataclass(frozen=True, slots=True)
class Scenario:
    """A what-if state of one page.

    Attributes:
        name: what people call it, unique in the workspace.
        page: stem of the page it was made on.
        period: days of the base case.
        values: the levers: a metric and its relative change, or `STEP_RATE` and points (0.05 is five points).
        results: what came of it when it was saved, money of `period` in `currency`: `base`, `scenario`, and where it is
            known `low` and `high`, the interval of scenario - base.
        currency: ISO code.
        subject: the part of the shop it is about, dimension values; "step" for a step of the funnel.
    """

    name: str
    page: str
    period: Period
    values: Mapping[str, float]
    results: Mapping[str, float]
    currency: str = ""
    subject: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not 0 < len(self.name.strip()) <= _LONGEST:
            raise SpecError(
                Message("A scenario needs a name of at most {n} letters.", n=_LONGEST),
                Message("Call it what it stands for, for example more ads."),
            )
        numbers = (*self.values.values(), *self.results.values())
        if not all(_is_number(value) for value in numbers) or not set(_RESULTS) <= self.results.keys():
            raise SpecError(Message("A scenario holds numbers only."), Message("Leave out figures that are not known."))

    @property
    def weekly(self) -> tuple[float, float, float]:
        """Money a week that it would bring, and its 95 % interval (NaN when not known)."""
        share = 7 / self.period.days
        low, high = (self.results.get(name, math.nan) * share for name in ("low", "high"))
        return (self.results["scenario"] - self.results["base"]) * share, low, high

    def check(self, currency: str) -> None:
        """Whether it can still be understood, and compared with amounts in `currency`.

        Raises:
            SpecError: its money is of another currency, or a metric or step it rests on does not exist any more.
        """
        if self.currency and currency and self.currency != currency:
            raise SpecError(
                Message(
                    "The scenario {name} counts in {other}, this shop in {currency}.",
                    name=self.name,
                    other=self.currency,
                    currency=currency,
                ),
                Message("Amounts of two currencies are not compared. Work it out again with the data of this shop."),
            )
        step = self.subject.get(_STEP, "")
        gone = [name for name in self.values if name not in metrics() and name != STEP_RATE]
        if STEP_RATE in self.values and step not in _levers():
            gone.append(step)
        if gone:
            raise SpecError(
                Message(
                    "The scenario {name} rests on {metric}, which does not exist any more.",
                    name=self.name,
                    metric=gone[0],
                ),
                Message("Work it out again, or delete it."),
            )


def _levers() -> dict[str, Term]:
    """What the capabilities' what-ifs may change beside metrics."""
    made = [guest.levers() for guest in capabilities().values() if guest.levers is not None]
    return {name: label for levers in made for name, label in levers.items()}


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


class Scenarios:
    """The scenarios of one workspace, in its journal.

    Args:
        state: state database of the workspace.
    """

    def __init__(self, state: State) -> None:
        self._state = state

    def save(self, actor: str, *scenarios: Scenario) -> None:
        """Keep scenarios; one of the same name is replaced, its history stays.

        Raises:
            SpecError: more than `MOST` would be kept; then none of these is.
        """
        kept = {scenario.name for scenario in self.all()}
        if len(kept | {scenario.name for scenario in scenarios}) > MOST:
            raise SpecError(
                Message("{n} scenarios are saved, and at most {most} can stand side by side.", n=len(kept), most=MOST),
                Message("Delete one on the weekly review, or save under the name of one that may be replaced."),
            )
        for scenario in scenarios:
            journal.append(self._state, STREAM, scenario.name, {**_plain(scenario), "removed": False}, actor)

    def remove(self, actor: str, name: str) -> None:
        """Give a scenario up.

        Raises:
            SpecError: there is none of that name.
        """
        names = [scenario.name for scenario in self.all()]
        if name not in names:
            raise unknown_name(Message("The scenario"), name, names)
        journal.append(self._state, STREAM, name, {"removed": True}, actor)

    def all(self) -> tuple[Scenario, ...]:
        """Every scenario as it stands."""
        found = journal.fold(journal.read(self._state, STREAM))
        return tuple(_scenario(name, fields) for name, fields in found.items() if not fields["removed"])


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the comparison.

    Attributes:
        kind: "result" for what it would bring, "lever" for what was assumed, "ground" for what it rests on.
        label: of the line.
        cells: one a scenario; None where it says nothing.
    """

    kind: str
    label: Value
    cells: tuple[Value | None, ...]


def compare(scenarios: Sequence[Scenario]) -> tuple[Row, ...]:
    """Scenarios side by side: the money a week first, then what was assumed, then what it rests on.

    Raises:
        SpecError: more than `MOST`, or none.
    """
    if not 0 < len(scenarios) <= MOST:
        raise SpecError(
            Message("Between one and {most} scenarios can be compared, not {n}.", most=MOST, n=len(scenarios)),
            Message("Choose the ones that matter."),
        )
    levers = list(dict.fromkeys((name, item.subject.get(_STEP, "")) for item in scenarios for name in item.values))
    return (
        Row("result", Message("Money a week"), tuple(_more(item) for item in scenarios)),
        Row("result", Message("95% interval"), tuple(_interval(item) for item in scenarios)),
        *(
            Row("lever", _lever(name, step), tuple(_assumed(item, name, step) for item in scenarios))
            for name, step in levers
        ),
        Row("ground", Message("Where"), tuple(where(_place(item)) for item in scenarios)),
        Row("ground", Message("Money of the base case, a week"), tuple(_base(item) for item in scenarios)),
        Row("ground", Message("Worked out from"), tuple(item.period.range for item in scenarios)),
    )


def _more(item: Scenario) -> Value:
    value = item.weekly[0]
    money = Money(abs(value), item.currency)
    if not value:
        return Message("no change")
    return Message("{money} more", money=money) if value > 0 else Message("{money} less", money=money)


def _interval(item: Scenario) -> Value | None:
    _, low, high = item.weekly
    return MoneyRange(low, high, item.currency) if math.isfinite(low) and math.isfinite(high) else None


def _base(item: Scenario) -> Value:
    return Money(item.results["base"] * 7 / item.period.days, item.currency)


def _lever(name: str, step: str) -> Value:
    if name == STEP_RATE:
        return Message("Rate of the step {step}", step=_levers()[step])
    return metrics()[name].label


def _assumed(item: Scenario, name: str, step: str) -> Value | None:
    value = item.values.get(name)
    if value is None or item.subject.get(_STEP, "") != step:
        return None
    if name != STEP_RATE:
        return Percent(value, signed=True)
    points = Number(abs(value) * 100, 1)
    return Message("{n} points more", n=points) if value >= 0 else Message("{n} points less", n=points)


def _place(item: Scenario) -> dict[str, str]:
    return {name: value for name, value in item.subject.items() if name != _STEP}


def to_json(scenarios: Sequence[Scenario]) -> str:
    """Scenarios as text that `from_json` reads again; numbers and names only, no data of the shop."""
    entries = [{"name": item.name, **_plain(item)} for item in scenarios]
    return json.dumps({"format": FORMAT, "scenarios": entries}, ensure_ascii=False, indent=2)


def from_json(text: str | bytes) -> tuple[Scenario, ...]:
    """The scenarios in a text written by `to_json`.

    Raises:
        DataError: it is no such text.
        SpecError: a scenario in it is not sound.
    """
    try:
        content: Any = json.loads(text)
        entries = {FORMAT: content["scenarios"]}[content["format"]]
        return tuple(_scenario(str(entry["name"]), entry) for entry in entries)
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as problem:
        raise DataError(
            Message("The file holds no scenarios."), Message("Choose a file that was downloaded here as JSON.")
        ) from problem


def _plain(scenario: Scenario) -> dict[str, Any]:
    """A scenario without its name, as JSON can hold it."""
    return {
        "page": scenario.page,
        "period": f"{scenario.period.start}..{scenario.period.end}",
        "values": dict(scenario.values),
        "results": dict(scenario.results),
        "currency": scenario.currency,
        "subject": dict(scenario.subject),
    }


def _scenario(name: str, fields: Mapping[str, Any]) -> Scenario:
    return Scenario(
        name,
        str(fields["page"]),
        parse_period(fields["period"]),
        dict(fields["values"]),
        dict(fields["results"]),
        str(fields["currency"]),
        {str(key): str(value) for key, value in dict(fields["subject"]).items()},
    )
