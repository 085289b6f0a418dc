"""Shared maths of every capability: intervals, tests, how days differ, exact decomposition, the search for causes."""

from ecops.statistics.comparisons import (
    benjamini_hochberg,
    rate_log_error,
    relative_change,
    trials_needed,
    two_proportions,
)
from ecops.statistics.intervals import Floats, Interval, critical_value, newcombe, two_sided, wilson

__all__ = [
    "Floats",
    "Interval",
    "benjamini_hochberg",
    "critical_value",
    "newcombe",
    "rate_log_error",
    "relative_change",
    "trials_needed",
    "two_proportions",
    "two_sided",
    "wilson",
]
