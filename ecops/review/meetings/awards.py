"""Who brought what: actions in force, on time, proven, and the money that was proven, by role (handbook row 51)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ecops.review.decisions.outcomes import FollowUp


@dataclass(frozen=True, slots=True)
class Award:
    """What a role's actions brought.

    Attributes:
        owner: role.
        in_force: actions that came into force.
        on_time: of those with a day, which did by then.
        due: those with a day.
        proven: of them with the verdict "worked".
        money: what the proven ones bring a week; actions without money in their verdict bring none here.
    """

    owner: str
    in_force: int
    on_time: int
    due: int
    proven: int
    money: float


def awards(items: Sequence[FollowUp]) -> tuple[Award, ...]:
    """Roles by proven money, then by proven actions, then by how many came into force.

    Args:
        items: actions with their outcomes, as the weekly review holds them.
    """
    found = []
    for owner in dict.fromkeys(item.action.owner for item in items):
        own = [item for item in items if item.action.owner == owner and item.action.began is not None]
        dated = [item.action for item in own if item.action.due is not None]
        worked = [item for item in own if item.standing == "worked"]
        found.append(
            Award(
                owner,
                len(own),
                sum(action.began <= action.due for action in dated if action.began and action.due),
                len(dated),
                len(worked),
                sum(item.outcome.earned.value for item in worked if item.outcome and item.outcome.earned),
            )
        )
    return tuple(sorted(found, key=lambda one: (-one.money, -one.proven, -one.in_force, one.owner)))
