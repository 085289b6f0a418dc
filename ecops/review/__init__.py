"""The weekly review: findings, actions, and whether they worked."""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ecops.review.alarms import Alert, AlertRule, AlertRules, alerts
    from ecops.review.causes import rank
    from ecops.review.collecting import collect, sections
    from ecops.review.decisions.actions import Action, ActionLog
    from ecops.review.decisions.outcomes import FollowUp, follow_up
    from ecops.review.decisions.scenarios import Scenario, Scenarios
    from ecops.review.decisions.verification import Outcome, verify
    from ecops.review.goals import Target, Targets, goal_tree, stages
    from ecops.review.week.agenda import Weekly, weekly
    from ecops.review.week.deck import report

__all__ = [
    "Action",
    "ActionLog",
    "Alert",
    "AlertRule",
    "AlertRules",
    "FollowUp",
    "Outcome",
    "Scenario",
    "Scenarios",
    "Target",
    "Targets",
    "Weekly",
    "alerts",
    "collect",
    "follow_up",
    "goal_tree",
    "rank",
    "report",
    "sections",
    "stages",
    "verify",
    "weekly",
]

_MODULES = {
    "decisions.actions": ("Action", "ActionLog"),
    "alarms": ("Alert", "AlertRule", "AlertRules", "alerts"),
    "causes": ("rank",),
    "collecting": ("collect", "sections"),
    "goals": ("Target", "Targets", "goal_tree", "stages"),
    "decisions.outcomes": ("FollowUp", "follow_up"),
    "week.deck": ("report",),
    "decisions.scenarios": ("Scenario", "Scenarios"),
    "decisions.verification": ("Outcome", "verify"),
    "week.agenda": ("Weekly", "weekly"),
}
_HOME = {name: module for module, names in _MODULES.items() for name in names}


def __getattr__(name: str) -> Any:
    """The public names, each imported when first asked for: most commands need none of the capabilities below."""
    if name not in _HOME:
        raise AttributeError(name)
    return getattr(importlib.import_module(f"ecops.review.{_HOME[name]}"), name)
