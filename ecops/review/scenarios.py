"""What-if states with a name, kept in the journal: compare up to five, take them along as JSON."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ecops.errors import DataError, SpecError, unknown_name
from ecops.messages import Message
from ecops.store import journal

if TYPE_CHECKING:
    import pandas as pd

    from ecops.store.state import State

STREAM = "scenarios"
MOST = 5
"""Scenarios that can be compared side by side."""

FORMAT = "ecops scenarios 1"
_LONGEST = 60


@dataclass(frozen=True, slots=True)
class Scenario:
    """A what-if state of one page.

    Attributes:
        name: what people call it, unique in the workspace.
        page: stem of the page that can show it.
        values: the page's levers, by name.
        results: what came of it when it was saved, by name; numbers in the page's own units.
    """

    name: str
    page: str
    values: Mapping[str, float]
    results: Mapping[str, float]

    def __post_init__(self) -> None:
        if not 0 < len(self.name.strip()) <= _LONGEST:
            raise SpecError(
                Message("A scenario needs a name of at most {n} letters.", n=_LONGEST),
                Message("Call it what it stands for, for example more ads."),
            )
        numbers = (*self.values.values(), *self.results.values())
        if not all(isinstance(value, int | float) and math.isfinite(value) for value in numbers):
            raise SpecError(Message("A scenario holds numbers only."), Message("Leave out figures that are not known."))


class Scenarios:
    """The scenarios of one workspace, in its journal.

    Args:
        state: state database of the workspace.
    """

    def __init__(self, state: State) -> None:
        self._state = state

    def save(self, actor: str, scenario: Scenario) -> None:
        """Keep a scenario; one of the same name is replaced, its history stays."""
        fields = {
            "page": scenario.page,
            "values": dict(scenario.values),
            "results": dict(scenario.results),
            "removed": False,
        }
        journal.append(self._state, STREAM, scenario.name, fields, actor)

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
        return tuple(
            Scenario(name, fields["page"], fields["values"], fields["results"])
            for name, fields in found.items()
            if not fields["removed"]
        )


def compare(scenarios: Sequence[Scenario]) -> pd.DataFrame:
    """Scenarios side by side: `kind` ("lever" or "result"), `name`, one column a scenario; NaN where one has none.

    Raises:
        SpecError: more than five, or none.
    """
    import pandas as pd

    if not 0 < len(scenarios) <= MOST:
        raise SpecError(
            Message("Between one and {most} scenarios can be compared, not {n}.", most=MOST, n=len(scenarios)),
            Message("Choose the ones that matter."),
        )
    rows = []
    for kind, part in (("lever", "values"), ("result", "results")):
        names = dict.fromkeys(name for scenario in scenarios for name in getattr(scenario, part))
        rows += [
            {"kind": kind, "name": name}
            | {scenario.name: float(getattr(scenario, part).get(name, math.nan)) for scenario in scenarios}
            for name in names
        ]
    return pd.DataFrame(rows)


def to_json(scenarios: Sequence[Scenario]) -> str:
    """Scenarios as text that `from_json` reads again; numbers and names only, no data of the shop."""
    entries = [
        {"name": item.name, "page": item.page, "values": dict(item.values), "results": dict(item.results)}
        for item in scenarios
    ]
    return json.dumps({"format": FORMAT, "scenarios": entries}, ensure_ascii=False, indent=2)


def from_json(text: str) -> tuple[Scenario, ...]:
    """The scenarios in a text written by `to_json`.

    Raises:
        DataError: it is no such text.
    """
    try:
        content: Any = json.loads(text)
        entries = {FORMAT: content["scenarios"]}[content["format"]]
        return tuple(
            Scenario(str(entry["name"]), str(entry["page"]), dict(entry["values"]), dict(entry["results"]))
            for entry in entries
        )
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as problem:
        raise DataError(
            Message("The text holds no scenarios."), Message("Choose a file that was saved here with Export.")
        ) from problem
