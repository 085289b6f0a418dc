"""The weekly review: findings, actions, and whether they worked."""

from ecops.review.actions import Action, ActionLog
from ecops.review.causes import rank
from ecops.review.collecting import collect
from ecops.review.verification import Outcome, verify

__all__ = ["Action", "ActionLog", "Outcome", "collect", "rank", "verify"]
