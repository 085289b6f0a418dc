"""The operations handbooks as data: parameters, advice and roles, each with its source.

A parameter is a starting value that a shop may change (`overrides`, kept in its workspace); none is shown as a fact.
"""

from __future__ import annotations

import functools
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ecops import capability
from ecops.errors import unknown_name
from ecops.finding import Advice
from ecops.messages import Message, Term

_FOLDER = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Parameter:
    """One editable number.

    Attributes:
        key: "area.name".
        value: the handbook's value, in `unit` (a rate is a share: 0.05 for 5 %).
        source: code of the handbook.
        as_of: day the handbook is dated, ISO.
        label: what people call it.
    """

    key: str
    value: float
    unit: str
    source: str
    as_of: str
    label: Term


def _read(name: str) -> dict[str, Any]:
    return tomllib.loads((_FOLDER / f"{name}.toml").read_text("utf-8"))


@functools.cache
def parameters() -> Mapping[str, Parameter]:
    """Every parameter by key."""
    entries = _read("parameters")
    return {
        entry["key"]: Parameter(
            entry["key"],
            float(entry["value"]),
            entry["unit"],
            entry["source"],
            entries["as_of"],
            Term(en=entry["label"]["en"], zh=entry["label"]["zh"]),
        )
        for entry in entries["parameters"]
    }


def parameter(key: str, overrides: Mapping[str, float] | None = None) -> float:
    """The value of a parameter, the shop's own where `overrides` has one.

    >>> parameter("inventory.reorder_cover_days")
    7.0
    >>> parameter("inventory.reorder_cover_days", {"inventory.reorder_cover_days": 10})
    10.0
    """
    if key not in parameters():
        raise unknown_name(Message("The parameter"), key, parameters())
    return float((overrides or {}).get(key, parameters()[key].value))


@functools.cache
def roles() -> Mapping[str, Term]:
    """Owner roles by key."""
    return {key: Term(en=entry["en"], zh=entry["zh"]) for key, entry in _read("roles").items()}


@functools.cache
def rules() -> Mapping[str, Advice]:
    """Every advice by rule key, that of the guests too."""
    entries = _read("rules")
    for path in capability.files("advice"):
        entries |= tomllib.loads(path.read_text("utf-8"))
    return {
        key: Advice(key, Message("{advice}", advice=Term(en=entry["en"], zh=entry["zh"])), entry["owner"])
        for key, entry in entries.items()
    }


def advice(rule: str) -> Advice:
    """What the handbooks advise under a rule.

    >>> advice("payment_low").owner
    'operations'
    """
    if rule not in rules():
        raise unknown_name(Message("The rule"), rule, rules())
    return rules()[rule]
