"""Messages and errors as plain JSON values, so that they cross a pipe and keep their meaning."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Mapping
from typing import Any

from ecops import errors, messages
from ecops.errors import EcopsError
from ecops.messages import Message, Value

_VALUES = {
    kind.__name__: kind
    for kind in (
        messages.Money,
        messages.MoneyRange,
        messages.Percent,
        messages.Points,
        messages.Count,
        messages.Number,
        messages.DateRange,
        messages.Term,
    )
}
_ERRORS = {
    kind.__name__: kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, EcopsError)
}


def pack(value: Value) -> Any:
    """A message value as JSON: plain ones as they are, others as an object with their kind under "$"."""
    if isinstance(value, Message):
        return {"$": "Message", "id": value.id, "params": {name: pack(param) for name, param in value.params.items()}}
    if isinstance(value, dt.datetime | dt.date):
        return {"$": type(value).__name__, "iso": value.isoformat()}
    if type(value).__name__ in _VALUES:
        fields = {field.name: pack(getattr(value, field.name)) for field in dataclasses.fields(value)}
        return {"$": type(value).__name__, **fields}
    return value if isinstance(value, str | int | float | bool | type(None)) else str(value)


def unpack(plain: Any) -> Value:
    """What `pack` packed.

    >>> unpack(pack(Message("{n} rows", n=messages.Count(3)))).text("en")
    '3 rows'
    """
    if not isinstance(plain, Mapping):
        return plain
    fields = {name: unpack(value) for name, value in plain.items() if name not in ("$", "params")}
    match plain["$"]:
        case "Message":
            return Message(plain["id"], **{name: unpack(param) for name, param in plain["params"].items()})
        case "date":
            return dt.date.fromisoformat(fields["iso"])
        case "datetime":
            return dt.datetime.fromisoformat(fields["iso"])
        case kind:
            return _VALUES[kind](**fields)


def pack_error(error: EcopsError) -> dict[str, Any]:
    """An error as JSON: its class, what, hint and where."""
    return {
        "class": next(kind.__name__ for kind in type(error).__mro__ if kind.__name__ in _ERRORS),
        "what": pack(error.what),
        "hint": pack(error.hint),
        "where": {place: pack(value) for place, value in error.where.items()},
        "asks": error.asks,
    }


def unpack_error(plain: Mapping[str, Any]) -> EcopsError:
    """The error that `pack_error` packed, of the same class."""
    kind = _ERRORS.get(plain["class"], EcopsError)
    where = {place: unpack(value) for place, value in plain["where"].items()}
    return kind(unpack(plain["what"]), unpack(plain["hint"]), where, plain["asks"])
