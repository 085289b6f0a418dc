"""What we decided to do about a finding: who, until when, what for, and what came of it.

Actions live in the journal of the workspace: every change is an entry, nothing is overwritten, two people who edit at
once both stay in the history.
"""

from __future__ import annotations

import datetime as dt
import json
import math
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, get_args

from ecops.errors import SpecError, unknown_name
from ecops.finding import Finding
from ecops.handbook import roles
from ecops.messages import Message
from ecops.store import journal

if TYPE_CHECKING:
    from ecops.store.state import State

Stage = Literal["open", "doing", "done", "verified", "dropped"]
"""open: agreed. doing: somebody is at it. done: in force, waiting to be verified. verified: its outcome is known.
dropped: given up, with a reason."""

Extent = Literal["whole", "small"]

STREAM = "actions"


@dataclass(frozen=True, slots=True)
class Action:
    """One decision.

    Attributes:
        id: short, unique in the workspace.
        title: what is done, in the words of whoever decided it.
        owner: role, a key of `ecops/handbook/roles.toml`; person: who, in free words.
        due: day by which it should be in force.
        hypothesis: why it should work.
        metric, subject: what to watch and where (dimension values, "step" for a funnel step).
        kind: kind of the finding it answers.
        expected_weekly: money a week it should bring, NaN when nobody said; in `currency`.
        began: day on which it came into force, None before that.
        troubled_since: first day of the trouble it answers; the baseline of the verification begins here.
        state: see `Stage`.
        experiment: id of the test that measures it, "" when there is none.
        extent: small while it is tried in a part of the shop, whole otherwise.
        after: id of the small trial that it rolls out, "" for others.
        note: reason for dropping it, remarks.
        created: when it was written down, UTC.
    """

    id: str
    title: str
    owner: str
    metric: str
    person: str = ""
    due: dt.date | None = None
    hypothesis: str = ""
    subject: Mapping[str, str] = field(default_factory=dict)
    kind: str = ""
    expected_weekly: float = math.nan
    currency: str = ""
    began: dt.date | None = None
    troubled_since: dt.date | None = None
    state: Stage = "open"
    experiment: str = ""
    extent: Extent = "whole"
    after: str = ""
    note: str = ""
    created: dt.datetime | None = None

    def __post_init__(self) -> None:
        if not self.title.strip():
            raise SpecError(Message("An action needs a title."), Message("Say in one line what will be done."))
        if self.owner not in roles():
            raise unknown_name(Message("The role"), self.owner, roles())
        if self.state not in get_args(Stage):
            raise unknown_name(Message("The state"), self.state, get_args(Stage))
        if self.extent not in get_args(Extent):
            raise unknown_name(Message("The extent"), self.extent, get_args(Extent))
        if self.state in {"done", "verified"} and self.began is None:
            raise SpecError(
                Message("The action has no first day."),
                Message("Say since when it has been in force, then mark it done."),
            )

    def overdue(self, today: dt.date) -> bool:
        """Whether it should be in force by now and is not."""
        return self.due is not None and today > self.due and self.state in {"open", "doing"}


_INHERITED = ("title", "owner", "person", "metric", "subject", "kind", "hypothesis", "expected_weekly", "currency")
_DAYS = ("due", "began", "troubled_since")
_FIELDS = frozenset(Action.__slots__) - {"id", "created"}


class ActionLog:
    """The actions of one workspace.

    Args:
        state: state database of the workspace.
    """

    def __init__(self, state: State) -> None:
        self._state = state

    def add(self, actor: str, *, title: str, owner: str, metric: str, **fields: Any) -> Action:
        """Write a new action down.

        Args:
            actor: who writes it.
            title: what is done.
            owner: role that owns it.
            metric: what to watch.
            **fields: any other field of `Action`.

        Raises:
            SpecError: a field is unknown or its value not allowed.
        """
        fields = {"title": title, "owner": owner, "metric": metric, **fields}
        action = _action(uuid.uuid4().hex[:12], _plain(fields), dt.datetime.now(dt.UTC))
        journal.append(self._state, STREAM, action.id, _plain(fields), actor)
        return action

    def add_from(self, finding: Finding, actor: str, title: str, **fields: Any) -> Action:
        """The action that answers a finding: owner, metric, place, expected money and baseline come from it."""
        expected = math.nan if finding.money is None else abs(_weekly(finding))
        known = {
            "owner": finding.action.owner if finding.action else "operations",
            "metric": finding.metric,
            "subject": dict(finding.subject),
            "kind": finding.kind,
            "expected_weekly": expected,
            "currency": finding.money.currency if finding.money else "",
            "troubled_since": finding.period.start,
        }
        return self.add(actor, title=title, **{**known, **fields})

    def change(self, id: str, actor: str, **fields: Any) -> Action:
        """Set fields of an action; what others set meanwhile in other fields stays.

        Raises:
            SpecError: there is no such action, or a value is not allowed.
        """
        current = self._folded(id)
        action = _action(id, {**current, **_plain(fields)}, None)
        journal.append(self._state, STREAM, id, _plain(fields), actor)
        return action

    def roll_out(self, id: str, actor: str, due: dt.date | None = None) -> Action:
        """The action that does everywhere what a small trial has tried; the trial stays as it is.

        Raises:
            SpecError: there is no such action, it was no small trial, it is not in force yet, or it was rolled out.
        """
        tried = self.action(id)
        if tried.extent != "small" or tried.began is None:
            raise SpecError(
                Message("Only a small trial that is in force can be rolled out."),
                Message("Say since when it has been in force first."),
            )
        if any(action.after == id for action in self.actions()):
            raise SpecError(Message("This trial was rolled out before."), Message("Look among the open decisions."))
        fields = {name: getattr(tried, name) for name in _INHERITED}
        return self.add(actor, due=due, after=id, **fields)

    def actions(self) -> list[Action]:
        """Every action as it stands, oldest first."""
        entries = journal.read(self._state, STREAM)
        born: dict[str, dt.datetime] = {}
        for entry in entries:
            born.setdefault(entry.subject, entry.at)
        return [_action(name, fields, born[name]) for name, fields in journal.fold(entries).items()]

    def action(self, id: str) -> Action:
        """One action.

        Raises:
            SpecError: there is no such action.
        """
        return _action(id, self._folded(id), None)

    def history(self, id: str) -> list[journal.Entry]:
        """Every change of one action, oldest first."""
        return journal.read(self._state, STREAM, id)

    def _folded(self, id: str) -> dict[str, Any]:
        found = journal.fold(journal.read(self._state, STREAM, id))
        if id not in found:
            raise unknown_name(Message("The action"), id, [action.id for action in self.actions()])
        return found[id]


def _weekly(finding: Finding) -> float:
    """The money of a finding a week."""
    assert finding.money is not None
    days = {"week": 7.0, "month": 30.4375, "year": 365.25, "period": float(finding.period.days)}
    return finding.money.value * 7 / days[finding.money.horizon]


def _plain(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Fields as JSON can hold them."""
    unknown = sorted(set(fields) - _FIELDS)
    if unknown:
        raise unknown_name(Message("The field"), unknown[0], _FIELDS)

    def plain(value: Any) -> Any:
        if isinstance(value, dt.date):
            return value.isoformat()
        if isinstance(value, float) and not math.isfinite(value):
            return None
        return value

    return json.loads(json.dumps({name: plain(value) for name, value in fields.items()}))  # type: ignore[no-any-return]


def _action(id: str, fields: Mapping[str, Any], created: dt.datetime | None) -> Action:
    values = dict(fields)
    for name in _DAYS:
        if isinstance(values.get(name), str):
            values[name] = dt.date.fromisoformat(values[name])
    if values.get("expected_weekly") is None:
        values["expected_weekly"] = math.nan
    return Action(id=id, created=created, **values)
