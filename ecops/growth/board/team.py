"""Who works for the shop: people by team, their ratio, and what each team can do (handbook row 60)."""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ecops.engine import load_sql
from ecops.handbook import roles
from ecops.messages import Count, Message, Term
from ecops.metrics.daily import opened

if TYPE_CHECKING:
    import pandas as pd

RATIO = ("operations", "design", "service")
"""Teams whose ratio the handbooks look at."""


@dataclass(frozen=True, slots=True)
class Team:
    """The teams at a day.

    Attributes:
        people: team -> people, the largest first.
        ratio: operations over design and service people; NaN while one of them is not told.
        skills: one row a team and skill with its `level` from 1 to 5; empty where none is told.
    """

    people: dict[str, float]
    ratio: float
    skills: pd.DataFrame

    @property
    def sentence(self) -> Message:
        """The ratio in people, as the handbook writes it."""
        told = {name: Count(self.people.get(name, 0.0)) for name in RATIO}
        return Message("Operations to design to service: {operations} : {design} : {service}", **told)

    @property
    def weakest(self) -> Message | None:
        """The skill known least; None where no level is told."""
        if self.skills.empty:
            return None
        row = self.skills.loc[self.skills["level"].idxmin()]
        return Message(
            "Known least: {skill} ({team}, level {level} of 5)", skill=str(row["skill"]), team=name(str(row["team"])),
            level=Count(float(row["level"])),
        )  # fmt: skip


def name(team: str) -> Term | str:
    """What a team is called."""
    return roles().get(team, team)


def team(data: Any, end: dt.date) -> Team | None:
    """The teams as they were told last before a day; None without a table of them.

    Args:
        data: as for `ecops.metrics.kpis`.
        end: the day.
    """
    ready = opened(data)
    if not ready.has("team"):
        return None
    rows: pd.DataFrame = ready.query(load_sql("ecops.growth.queries", "team"), {"end": end}).to_pandas()
    if rows.empty:
        return None
    counted = rows[(rows["skill"] == "") & rows["people"].notna()].sort_values("people", ascending=False, kind="stable")
    people = {str(row["team"]): float(row["people"]) for row in counted.to_dict("records")}
    others = people.get("design", math.nan) + people.get("service", math.nan)
    ratio = people.get("operations", math.nan) / others if others > 0 else math.nan
    skills = rows[(rows["skill"] != "") & rows["level"].notna()][["team", "skill", "level"]]
    return Team(people, ratio, skills.reset_index(drop=True))
