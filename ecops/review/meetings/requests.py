"""The pool of requests: who needs what of whom until when; proposals and trends seen stand in it too."""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, get_args

from ecops.errors import SpecError, unknown_name
from ecops.handbook import roles
from ecops.messages import Message, Term
from ecops.store import journal

if TYPE_CHECKING:
    from ecops.store.state import State

STREAM = "requests"
Kind = Literal["request", "trouble", "proposal", "policy", "consumption", "technology"]
"""What it is: a need of another department, a trouble of a process, a proposal, or a trend seen in policy, consumption
or technology (handbook rows 33, 34, 36 and 58)."""

KINDS: dict[Kind, Term] = {
    "request": Term(en="Request", zh="需求"),
    "trouble": Term(en="Process trouble", zh="流程痛点"),
    "proposal": Term(en="Proposal", zh="提案"),
    "policy": Term(en="Trend: policy", zh="趋势：政策"),
    "consumption": Term(en="Trend: consumption", zh="趋势：消费习惯"),
    "technology": Term(en="Trend: technology", zh="趋势：技术"),
}


@dataclass(frozen=True, slots=True)
class Request:
    """One entry of the pool.

    Attributes:
        id: short, unique in the workspace.
        title: what is needed or seen.
        kind: see `Kind`.
        asked_by, asked_of: roles.
        due: wanted by; None when nobody said.
        done: whether it is settled.
    """

    id: str
    title: str
    kind: Kind
    asked_by: str
    asked_of: str
    due: dt.date | None
    done: bool

    @property
    def sentence(self) -> Message:
        """The entry in one line."""
        values = {
            "kind": KINDS[self.kind],
            "title": self.title,
            "by": roles()[self.asked_by],
            "of": roles()[self.asked_of],
        }
        if self.due is None:
            return Message("{kind}: {title} ({by} → {of})", **values)
        return Message("{kind}: {title} ({by} → {of}), wanted by {due}", due=self.due, **values)


class Requests:
    """The pool of one workspace, in its journal.

    Args:
        state: state database of the workspace; None for plain tables, which have no pool.
    """

    def __init__(self, state: State | None) -> None:
        self._state = state

    def add(
        self, actor: str, title: str, kind: Kind, asked_by: str, asked_of: str, due: dt.date | None = None
    ) -> Request:
        """Write an entry down.

        Raises:
            SpecError: no title, an unknown kind or role, or nowhere to write.
        """
        if self._state is None:
            raise SpecError(Message("A plain table has no pool of requests."), Message("Open a workspace."))
        if not title.strip():
            raise SpecError(Message("A request needs a title."), Message("Say in one line what is needed."))
        if kind not in get_args(Kind):
            raise unknown_name(Message("The kind of request"), kind, get_args(Kind))
        for role in (asked_by, asked_of):
            if role not in roles():
                raise unknown_name(Message("The role"), role, roles())
        fields = {
            "title": title.strip(),
            "kind": kind,
            "asked_by": asked_by,
            "asked_of": asked_of,
            "due": due.isoformat() if due else None,
            "done": False,
        }
        subject = uuid.uuid4().hex[:12]
        journal.append(self._state, STREAM, subject, fields, actor)
        return _request(subject, fields)

    def settle(self, actor: str, id: str) -> None:
        """Mark an entry as settled.

        Raises:
            SpecError: there is no such entry.
        """
        known = [request.id for request in self.all()]
        if self._state is None or id not in known:
            raise unknown_name(Message("The request"), id, known)
        journal.append(self._state, STREAM, id, {"done": True}, actor)

    def all(self) -> tuple[Request, ...]:
        """Every entry, the one wanted first on top, those without a day last."""
        entries = [] if self._state is None else journal.read(self._state, STREAM)
        found = [_request(*entry) for entry in journal.fold(entries).items()]
        return tuple(sorted(found, key=lambda one: (one.due is None, one.due or dt.date.min)))

    def open(self) -> tuple[Request, ...]:
        """Those that are not settled."""
        return tuple(one for one in self.all() if not one.done)


def _request(id: str, fields: dict[str, Any]) -> Request:
    due = dt.date.fromisoformat(fields["due"]) if fields["due"] else None
    return Request(id, fields["title"], fields["kind"], fields["asked_by"], fields["asked_of"], due, fields["done"])
