"""How far an effect must stand out today, given the looks already taken and the number of arms."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from scipy import special

from ecops.errors import SpecError
from ecops.experiments.design.spec import Experiment
from ecops.experiments.looks.sequential import always_valid, group_sequential
from ecops.experiments.results.readout import Looks
from ecops.experiments.statistics.effects import Effect, normal_critical
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


def horizon(spec: Experiment, users: float, goal: Effect | None) -> float:
    """Users up to which the error of all looks is spent.

    The planned sample where one was agreed on before the start. Else the sample that `Experiment.minimum_lift` needs as
    reckoned at the first look (`assumed_sample`, from these data when this is the first), or twice the users of that
    look where nothing can be reckoned. A plan made after a look may only add to it: its limits would otherwise be
    chosen by the result.
    """
    if spec.planned_sample is not None and spec.agreed:
        return spec.planned_sample
    found = spec.assumed_sample
    if found is None and goal is not None and goal.control > 0 and goal.error > 0:
        needed = (normal_critical(spec.alpha / len(spec.treatments)) + _POWER) * goal.error
        found = users * (needed / (spec.minimum_lift * goal.control)) ** 2
    if found is None:
        found = 2 * (spec.looks[0] if spec.looks else users)
    return max(found, spec.planned_sample or 0.0)


def bounds(spec: Experiment, looks: Sequence[float], alpha: float, upto: float) -> tuple[float, ...]:
    """Two-sided normal critical values of looks at so many users, the error being spent up to `upto` users.

    Without a plan it is spent evenly (Pocock type): a test that is looked at once, at whatever size, then loses least.
    """
    spending = spec.spending if spec.agreed else "pocock"
    return group_sequential([look / upto for look in looks], alpha, spending).critical


def reach(spec: Experiment, users: float, alpha: float, upto: float) -> float:
    """Two-sided normal critical value of a look at `users`, at error rate `alpha`; `upto` from `horizon`."""
    if spec.monitoring == "single_look":
        return normal_critical(alpha)
    if spec.monitoring == "always_valid" and spec.planned_sample is not None:
        return always_valid(users, spec.planned_sample, alpha)
    return bounds(spec, (*earlier_looks(spec, users), users), alpha, upto)[-1]


def where(spec: Experiment, users: float, goal: Effect | None) -> Looks:
    """Where the test stands between its start and its planned or assumed sample."""
    upto = horizon(spec, users, goal)
    target = upto if spec.planned_sample is None else spec.planned_sample
    before = earlier_looks(spec, users)
    critical = reach(spec, users, spec.alpha, upto)
    closed = bool(before) and spec.monitoring == "group_sequential" and before[-1] >= upto
    final = users >= target or spec.whole
    return Looks(users, target, upto, users / target, len(before) + 1, critical, final, closed)


def widen(spec: Experiment, users: float, effects: Mapping[str, Effect], upto: float) -> dict[str, Effect]:
    """The goal's effects with intervals that hold over all looks and arms.

    Holm's step-down over the arms at this look: the arm that stands out most is held against alpha / arms, the next
    one against alpha / (arms - 1), and so on until one stays open; the bounds of the looks are those of that alpha
    (Maurer & Bretz 2013).

    Args:
        spec: the experiment.
        users: users in all arms.
        effects: treatment arm -> effect.
        upto: from `horizon`.
    """
    order = sorted(effects, key=lambda arm: -standing(effects[arm]))
    found: dict[str, Effect] = {}
    left = len(spec.treatments)
    for arm in order:
        effect = effects[arm].at(reach(spec, users, spec.alpha / left, upto))
        found[arm] = effect
        if effect.verdict != "open" and left > 1:
            left -= 1
    return found


def standing(effect: Effect) -> float:
    """Normal value with the same two-sided p-value: how far an effect stands out."""
    return -float(special.ndtri(max(effect.p_value, 1e-300) / 2))
