"""Sub-accounts: whose, which role, what they may do, until when, and up to which refund they may release alone."""

from __future__ import annotations

import datetime as dt
import functools
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ecops.engine import load_sql
from ecops.errors import SpecError, unknown_name
from ecops.handbook import catalogue, roles
from ecops.messages import Message, Money, Term, Value
from ecops.metrics.daily import opened
from ecops.periods import Period
from ecops.store import journal

if TYPE_CHECKING:
    import pandas as pd

    from ecops.store.state import State

STREAM = "sub_accounts"
SOON_DAYS = 14
"""A permission that ends within so many days is told."""

_LONGEST = 60


@dataclass(frozen=True, slots=True)
class Function:
    """One thing that a sub-account may do.

    Attributes:
        key, label: its name.
        sensitive: whether it touches money, prices or secrets.
    """

    key: str
    label: Term
    sensitive: bool


@dataclass(frozen=True, slots=True)
class Account:
    """One sub-account.

    Attributes:
        employee: number of the employee, never a telephone number; unique.
        role: whose functions it has by default.
        functions: keys of what it may do.
        until: last day of the permission; None when it has no end.
        quota: refund that it may release alone, in the currency of the shop; 0 for none.
    """

    employee: str
    role: str
    functions: tuple[str, ...]
    until: dt.date | None
    quota: float


@dataclass(frozen=True, slots=True)
class Doubt:
    """Something about an account that somebody should look at.

    Attributes:
        kind: "ended", "ends", "endless" (sensitive and without an end) or "beyond" (more than its role has).
        sentence: what is wrong.
        account: whose.
    """

    kind: str
    sentence: Message
    account: Account


@functools.cache
def functions() -> Mapping[str, Function]:
    """Everything a sub-account may do, by key."""
    entries = catalogue.read("functions")["functions"]
    return {
        key: Function(key, Term(en=told["en"], zh=told["zh"]), told.get("sensitive", False))
        for key, told in entries.items()
    }


@functools.cache
def matrix() -> Mapping[str, tuple[str, ...]]:
    """Role -> functions that the handbooks give it (row 272): service only orders and after-sales, and so on."""
    return {role: tuple(keys) for role, keys in catalogue.read("functions")["roles"].items()}


class Accounts:
    """The sub-accounts of one shop, in its journal.

    Args:
        state: state database of the workspace.
    """

    def __init__(self, state: State) -> None:
        self._state = state

    def grant(
        self,
        actor: str,
        employee: str,
        role: str,
        until: dt.date | None = None,
        quota: float = 0.0,
        allowed: tuple[str, ...] | None = None,
    ) -> Account:
        """Write down what an employee may do; it replaces what she had.

        Args:
            actor: who grants it.
            employee: her number.
            role: key of a role; a new account gets the functions of its role and no more.
            until: last day; None for no end.
            quota: refund that she may release alone.
            allowed: functions, where they differ from those of the role.

        Raises:
            SpecError: no number, an unknown role or function, or a quota that cannot be.
        """
        name = employee.strip()
        if not name or len(name) > _LONGEST:
            raise SpecError(
                Message("An account needs the number of its employee."), Message("Write it, at most 60 letters.")
            )
        if role not in matrix():
            raise unknown_name(Message("The role"), role, matrix())
        if not (math.isfinite(quota) and quota >= 0):
            raise SpecError(Message("A quota is 0 or more."), Message("Write 0 for none."))
        given = matrix()[role] if allowed is None else allowed
        for key in given:
            if key not in functions():
                raise unknown_name(Message("The function"), key, functions())
        fields = {
            "role": role, "functions": list(given), "until": until.isoformat() if until else None, "quota": quota,
            "removed": False,
        }  # fmt: skip
        journal.append(self._state, STREAM, name, fields, actor)
        self._state.record(actor, "permission", {"employee": name, "role": role, "functions": list(given)})
        return _account(name, fields)

    def revoke(self, actor: str, employee: str) -> None:
        """Take every permission back, as when somebody leaves or moves.

        Raises:
            SpecError: there is no such account.
        """
        known = [account.employee for account in self.all()]
        if employee not in known:
            raise unknown_name(Message("The account"), employee, known)
        journal.append(self._state, STREAM, employee, {"removed": True}, actor)
        self._state.record(actor, "permission", {"employee": employee, "revoked": True})

    def all(self) -> tuple[Account, ...]:
        """Every account that stands, by employee."""
        found = journal.fold(journal.read(self._state, STREAM))
        return tuple(
            sorted((_account(*one) for one in found.items() if not one[1]["removed"]), key=lambda one: one.employee)
        )


def _account(employee: str, fields: Mapping[str, Any]) -> Account:
    until = dt.date.fromisoformat(fields["until"]) if fields["until"] else None
    return Account(employee, fields["role"], tuple(fields["functions"]), until, float(fields["quota"]))


def doubts(accounts: tuple[Account, ...], today: dt.date) -> tuple[Doubt, ...]:
    """What should be looked at: ended, ending, endless with sensitive functions, more than the role has.

    Args:
        accounts: of the shop.
        today: the day.
    """
    found = []
    for one in accounts:
        words: dict[str, Value] = {"employee": one.employee, "role": roles()[one.role]}
        if one.until is not None and one.until < today:
            found.append(Doubt("ended", Message("{employee} ({role}): ended on {day}; take it back.",
                                                day=one.until, **words), one))  # fmt: skip
        elif one.until is not None and (one.until - today).days <= SOON_DAYS:
            found.append(Doubt("ends", Message("{employee} ({role}): ends on {day}.", day=one.until, **words), one))
        beyond = [key for key in one.functions if key not in matrix()[one.role]]
        if beyond:
            told = Message("{employee} ({role}): may do more than the role: {functions}.",
                           functions=_named(beyond), **words)  # fmt: skip
            found.append(Doubt("beyond", told, one))
        sharp = [key for key in one.functions if functions()[key].sensitive]
        if sharp and one.until is None:
            told = Message("{employee} ({role}): no end, and sensitive: {functions}.", functions=_named(sharp), **words)
            found.append(Doubt("endless", told, one))
    return tuple(found)


def _named(keys: list[str]) -> Value:
    told: Value = functions()[keys[0]].label
    for key in keys[1:]:
        told = Message("{first}, {second}", first=told, second=functions()[key].label)
    return told


def refunds_beyond(data: Any, period: Period, accounts: tuple[Account, ...]) -> pd.DataFrame:
    """Refunds of a period above the largest quota of anybody but the shop's lead: those the lead had to release.

    Args:
        data: after-sales records.
        period: by the day of the request.
        accounts: of the shop.

    Returns:
        `after_sales_id`, `platform`, `order_id`, `applied_at`, `kind`, `reason`, `amount`; the largest first. Empty
        without after-sales records or without a quota.
    """
    import pandas as pd

    ready = opened(data)
    quotas = [account.quota for account in accounts if account.role != "lead" and account.quota > 0]
    if not quotas or not ready.has("after_sales"):
        return pd.DataFrame()
    asked = {"start": period.start, "end": period.end, "quota": max(quotas)}
    found: pd.DataFrame = ready.query(load_sql("ecops.review.queries", "refunds_beyond"), asked).to_pandas()
    return found


def quota_told(account: Account, currency: str) -> Value:
    """The refund an account may release alone, in words."""
    return Money(account.quota, currency) if account.quota > 0 else Message("none")
