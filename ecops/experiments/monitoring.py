"""How far an effect must stand out today, given the looks already taken and the number of arms."""

from __future__ import annotations

import math
from collections.abc import Mapping

from scipy import special

from ecops.errors import SpecError
from ecops.experiments.effects import Effect, normal_critical
from ecops.experiments.readout import Looks
from ecops.experiments.sequential import always_valid, group_sequential
from ecops.experiments.spec import Experiment
from ecops.messages import Count, Message

_POWER = 0.8416212335729143  # normal quantile of 80 % power


def earlier_looks(spec: Experiment, users: float) -> tuple[float, ...]:
    """Looks before this one; a look at the same number of users is this very look."""
    if spec.looks and spec.looks[-1] > users:
        raise SpecError(
            Message(
                "An earlier look saw {before} users, this file has only {now}.",
                before=Count(spec.looks[-1]),
                now=Count(users),
            ),
            Message("Upload all users since the start of the test, not only the new ones."),
        )
    return tuple(look for look in spec.looks if look < users)


def reach(spec: Experiment, users: float, alpha: float) -> float:
    """Two-sided normal critical value of a look at `users`, at error rate `alpha`."""
    if spec.planned_sample is None or spec.monitoring == "single_look":
        return normal_critical(alpha)
    if spec.monitoring == "always_valid":
        return always_valid(users, spec.planned_sample, alpha)
    looks = (*earlier_looks(spec, users), users)
    return group_sequential([look / spec.planned_sample for look in looks], alpha, spec.spending).critical[-1]


def where(spec: Experiment, users: float, goal: Effect | None) -> Looks:
    """Where the test stands; without a plan the target is what the spec's minimum lift needs."""
    target = math.nan
    if spec.planned_sample is not None:
        target = spec.planned_sample
    elif goal is not None and goal.control > 0 and goal.error > 0:
        needed = (normal_critical(spec.alpha / len(spec.treatments)) + _POWER) * goal.error
        target = users * (needed / (spec.minimum_lift * goal.control)) ** 2
    before = earlier_looks(spec, users)
    critical = reach(spec, users, spec.alpha)
    closed = bool(before) and spec.monitoring == "group_sequential" and before[-1] >= target
    return Looks(users, target, users / target, len(before) + 1, critical, users >= target, closed)


def widen(spec: Experiment, users: float, effects: Mapping[str, Effect]) -> dict[str, Effect]:
    """The goal's effects with intervals that hold over all looks and arms.

    Holm's step-down over the arms at this look: the arm that stands out most is held against alpha / arms, the next
    one against alpha / (arms - 1), and so on until one stays open; the bounds of the looks are those of that alpha
    (Maurer & Bretz 2013).
    """
    order = sorted(effects, key=lambda arm: -standing(effects[arm]))
    found: dict[str, Effect] = {}
    left = len(spec.treatments)
    for arm in order:
        effect = effects[arm].at(reach(spec, users, spec.alpha / left))
        found[arm] = effect
        if effect.verdict != "open" and left > 1:
            left -= 1
    return found


def standing(effect: Effect) -> float:
    """Normal value with the same two-sided p-value: how far an effect stands out."""
    return -float(special.ndtri(max(effect.p_value, 1e-300) / 2))
