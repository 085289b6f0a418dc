"""A shop's own values of the parameters: what holds, who changed it, when and why, and what a finding rests on."""

from __future__ import annotations

import builtins
import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ecops.errors import SpecError, StoreError, unknown_name
from ecops.finding import Finding
from ecops.handbook.catalogue import Parameter, known, parameters, presets
from ecops.messages import Message, Value

TOPIC = "parameter"


@dataclass(frozen=True, slots=True)
class Change:
    """One change of a parameter.

    Attributes:
        key: of the parameter.
        at: when, UTC; actor: who.
        value: what it was set to; None when it went back to the handbook's.
        reason: why, the name of the trade for a preset; source: where the value comes from, "" when nobody said.
    """

    key: str
    at: dt.datetime
    actor: str
    value: float | None
    reason: Value
    source: Value


@dataclass(frozen=True, slots=True)
class Cited:
    """A parameter as it decided something.

    Attributes:
        parameter: which.
        value: that held, in its unit.
        own: whether the shop changed it.
        source: where the shop's own value comes from, "" when it is the handbook's or nobody said.
    """

    parameter: Parameter
    value: float
    own: bool
    source: Value

    @property
    def told(self) -> Message:
        """Name, value and where it comes from."""
        said: dict[str, Value] = {"label": self.parameter.label, "value": self.parameter.written(self.value)}
        if not self.own:
            return Message(
                "{label}: {value} (handbook {handbook}, row {row})",
                handbook=self.parameter.source, row=self.parameter.row, **said,
            )  # fmt: skip
        if self.source:
            return Message("{label}: {value} (your own, {source})", source=self.source, **said)
        return Message("{label}: {value} (your own)", **said)


def overrides(shop: Any = None) -> dict[str, float]:
    """The shop's own values by key.

    Args:
        shop: a workspace, opened data, or a mapping of keys to values; nobody's when None.
    """
    if isinstance(shop, Mapping):
        return {key: float(value) for key, value in shop.items()}
    return {key: float(fields["value"]) for key, fields in _chosen(shop).items()}


def _chosen(shop: Any) -> Mapping[str, Mapping[str, Any]]:
    choices = getattr(shop, "choices", None)
    if choices is None and hasattr(shop, "state") and shop.state is not None:
        from ecops.store.choices import held

        choices = held(shop.state)[1]
    return {key: fields for key, fields in (choices or {}).get(TOPIC, {}).items() if key in parameters()}


def get(key: str, shop: Any = None) -> float:
    """The value of a parameter that holds for a shop.

    Args:
        key: "area.name".
        shop: see `overrides`.

    Raises:
        SpecError: there is no such parameter.

    >>> get("supplier.delay_max"), get("supplier.delay_max", {"supplier.delay_max": 0.1})
    (0.03, 0.1)
    """
    return overrides(shop).get(known(key).key, known(key).value)


def set(  # noqa: A001 - its public name is `handbook.set`
    key: str, value: float, shop: Any, *, reason: str, source: str = "", actor: str = ""
) -> None:
    """Change a parameter for one shop; every figure that rests on it is worked out anew.

    Args:
        key: "area.name".
        value: in the unit of the parameter, a rate as a share.
        shop: a workspace.
        reason: why, in words.
        source: where the value comes from, for example "industry report 2026".
        actor: who.

    Raises:
        SpecError: no such parameter, the value cannot be meant or contradicts another one, or no reason is given.
        StoreError: the shop cannot remember anything.
    """
    _write({key: value}, shop, actor, {"reason": reason.strip(), "source": source.strip(), "preset": ""})


def adopt(preset: str, shop: Any, *, actor: str = "") -> None:
    """Take over the values of a preset.

    Raises:
        SpecError: no such preset. StoreError: the shop cannot remember anything.
    """
    if preset not in presets():
        raise unknown_name(Message("The preset"), preset, presets())
    chosen = presets()[preset]
    told = {"reason": chosen.label.en, "source": chosen.source.en, "preset": preset}
    _write(chosen.numbers, shop, actor, told)


def reset(key: str, shop: Any, *, reason: str = "", actor: str = "") -> None:
    """Go back to the handbook's value.

    Raises:
        SpecError: no such parameter, or its handbook value contradicts another one. StoreError: see `set`.
    """
    state = _state(shop)
    _agree({**overrides(shop), known(key).key: known(key).value}, [key])
    if key in overrides(shop):
        from ecops.store.choices import take_back

        take_back(state, TOPIC, key, actor, reason.strip())


def _write(values: Mapping[str, float], shop: Any, actor: str, told: Mapping[str, str]) -> None:
    state = _state(shop)
    if not told["reason"]:
        raise SpecError(
            Message("A change needs a reason."), Message("Say in a few words why, so that others can follow it.")
        )
    for key, value in values.items():
        known(key).check(float(value))
    _agree({**overrides(shop), **values}, values)
    from ecops.store.choices import choose

    for key, value in values.items():
        choose(state, TOPIC, key, {"value": float(value), **told}, actor)


def _agree(values: Mapping[str, float], changed: Iterable[str]) -> None:
    """Refuse values that turn limits round which stand in an order."""
    touched = builtins.set(changed)
    for entry in parameters().values():
        if not entry.below or not {entry.key, entry.below} & touched:
            continue
        low, high = get(entry.key, values), get(entry.below, values)
        if low >= high:
            above = known(entry.below)
            raise SpecError(
                Message("{label} ({value}) must stay below {other} ({limit}).", label=entry.label,
                        value=entry.written(low), other=above.label, limit=above.written(high)),
                Message("Change the other one first."),
            )  # fmt: skip


def _state(shop: Any) -> Any:
    state = getattr(shop, "state", None)
    if state is None:
        raise StoreError(
            Message("Only a workspace remembers parameters."), Message("Open the shop's workspace and set them there.")
        )
    return state


def history(shop: Any, key: str | None = None) -> tuple[Change, ...]:
    """Every change of a shop's parameters (of one of them), the newest first.

    Args:
        shop: a workspace.
        key: of one parameter.

    Raises:
        StoreError: the shop remembers nothing.
    """
    from ecops.store import choices

    found = choices.history(_state(shop), TOPIC, key)
    return tuple(
        Change(
            name,
            entry.at,
            entry.actor,
            None if entry.fields["removed"] else float(entry.fields["value"]),
            _said(entry.fields, "reason"),
            _said(entry.fields, "source"),
        )
        for name, entry in reversed(found)
        if name in parameters()
    )


def _said(fields: Mapping[str, Any], name: str) -> Value:
    """Reason or source as it was written; those of a preset in both languages."""
    preset = presets().get(fields.get("preset", ""))
    if preset is None or fields.get("removed"):
        return str(fields.get(name, ""))
    return preset.label if name == "reason" else preset.source


def cited(what: Finding | Iterable[Finding] | Iterable[str], shop: Any = None) -> tuple[Cited, ...]:
    """The parameters that decided something, with the values that hold, each once.

    Args:
        what: a finding, several of them, or keys of parameters.
        shop: see `overrides`.

    Raises:
        SpecError: a key does not exist.

    >>> [str(one.told) for one in cited(["supplier.delay_max"])]
    ['Highest share of late deliveries: 3.0% (handbook 000, row 140)']
    """
    keys: list[str] = []
    for one in [what] if isinstance(what, Finding) else what:
        keys += one.parameters if isinstance(one, Finding) else [one]
    mine = overrides(shop)
    sources = {} if isinstance(shop, Mapping) else {key: _said(told, "source") for key, told in _chosen(shop).items()}
    return tuple(
        Cited(known(key), mine.get(key, known(key).value), key in mine, sources.get(key, ""))
        for key in dict.fromkeys(keys)
    )
