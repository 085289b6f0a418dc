"""The operations handbooks as data: parameters, advice and roles, each with its source.

A parameter is a starting value that a shop may change (its own values are choices of its workspace); none is shown as
a fact.
"""

from __future__ import annotations

import functools
import tomllib
from collections.abc import Mapping

from ecops import capability
from ecops.errors import unknown_name
from ecops.finding import Advice
from ecops.handbook.catalogue import Parameter, Preset, parameter, parameters, presets, read
from ecops.handbook.own import Change, Cited, adopt, cited, get, history, overrides, reset, set  # noqa: A004 - its public name
from ecops.messages import Message, Term

__all__ = [
    "Change",
    "Cited",
    "Parameter",
    "Preset",
    "adopt",
    "advice",
    "cited",
    "get",
    "history",
    "overrides",
    "parameter",
    "parameters",
    "presets",
    "reset",
    "roles",
    "rules",
    "set",
]


@functools.cache
def roles() -> Mapping[str, Term]:
    """Owner roles by key."""
    return {key: Term(en=entry["en"], zh=entry["zh"]) for key, entry in read("roles").items()}


@functools.cache
def rules() -> Mapping[str, Advice]:
    """Every advice by rule key, that of the guests too."""
    entries = read("rules")
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
