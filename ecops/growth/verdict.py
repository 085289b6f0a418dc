"""The sentence for the top, and which finding it tells first."""

from __future__ import annotations

from collections.abc import Sequence

from ecops.finding import Amount, Finding
from ecops.growth.findings import ORDER
from ecops.messages import Message, Money, Percent, Value
from ecops.periods import Period

HARDLY = 0.01
"""A change of GMV below this is called none."""

FAIR = 1 / 3
"""A cause that is worth less than this part of the change is not told as the cause of it."""


def leading(found: Sequence[Finding], change: float) -> tuple[Finding, ...]:
    """Findings in their order, but of those equally sure first what moved GMV the way it went."""

    def place(item: Finding) -> tuple[int, bool]:
        with_it = item.money is not None and item.money.value * change > 0
        return (0 if item.kind == "data" else 1 + ORDER[item.confidence], not with_it)

    return tuple(sorted(found, key=place))


def verdict(
    gmv: tuple[float, float], currency: str, found: Sequence[Finding], *, mix_first: bool, usual: bool
) -> Message:
    """One sentence a person can read aloud.

    Args:
        gmv: before and after.
        currency: of GMV.
        found: the causes, the one to tell first.
        mix_first: a shift of mix turned the sign of a change, so it comes before everything else.
        usual: the change of GMV alone lies within its usual swing.
    """
    before, after = gmv
    if not before > 0:
        return Message(
            "GMV was {gmv}; the comparison has none, so there is no change in per cent.", gmv=Money(after, currency)
        )
    relative = after / before - 1
    values: dict[str, Value] = {"gmv": Money(after, currency), "change": Percent(abs(relative))}
    causes = [item for item in found if item.confidence == "confirmed" and item.kind != "data"]
    if not causes:
        values["change"] = Percent(relative, signed=True)
        return Message("Nothing changed beyond chance. GMV was {gmv}, {change} against the comparison.", **values)
    mixed = next((item for item in causes if item.kind == "mix"), None)
    same = [item for item in causes if item.money is not None and item.money.value * (after - before) > 0]
    cause = mixed if mixed is not None and mix_first else (same or causes)[0]
    values["cause"] = cause.headline
    if not abs(relative) >= HARDLY:
        return Message("GMV hardly moved ({gmv}), but: {cause}", **values)
    part = 0.0 if cause.money is None else _in_period(cause.money, cause.period) / (after - before)
    if usual or part >= FAIR:
        return Message(_MOVED[relative < 0, usual].id, **values)
    values |= {"whole": Money(abs(after - before), currency), "part": Money(part * abs(after - before), currency)}
    return Message(_MOSTLY_OPEN[relative < 0, part > 0].id, **values)


def _in_period(amount: Amount, period: Period) -> float:
    """An amount over the span it was found in; `money` of a week or a month is brought back to it."""
    days = {"period": period.days, "week": 7.0, "month": 30.4375, "year": 365.25}[amount.horizon]
    return amount.value * period.days / days


_MOVED = {
    (True, False): Message("GMV fell by {change} to {gmv}. {cause}"),
    (True, True): Message("GMV fell by {change} to {gmv}, within its usual swing; but: {cause}"),
    (False, False): Message("GMV rose by {change} to {gmv}. {cause}"),
    (False, True): Message("GMV rose by {change} to {gmv}, within its usual swing; but: {cause}"),
}
"""Whether GMV fell, and whether that alone would be its usual swing."""

_MOSTLY_OPEN = {
    (True, True): Message(
        "GMV fell by {change} to {gmv}, {whole} less. A confirmed cause explains about {part} of it: {cause}"
    ),
    (True, False): Message(
        "GMV fell by {change} to {gmv}, {whole} less. No confirmed cause explains it; what did change: {cause}"
    ),
    (False, True): Message(
        "GMV rose by {change} to {gmv}, {whole} more. A confirmed cause explains about {part} of it: {cause}"
    ),
    (False, False): Message(
        "GMV rose by {change} to {gmv}, {whole} more. No confirmed cause explains it; what did change: {cause}"
    ),
}
"""The same where the cause is too small for the change: whether GMV fell, and whether the cause went the same way."""
