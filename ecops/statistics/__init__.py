"""Shared maths of every capability: intervals, tests, how days differ, exact decomposition, the search for causes."""

from ecops.statistics.comparisons import (
    benjamini_hochberg,
    count_log_error,
    mean_log_error,
    rate_log_error,
    relative_change,
    trials_needed,
    two_proportions,
    welch,
)
from ecops.statistics.dispersion import Dispersion, count_dispersion, day_bootstrap, rate_dispersion
from ecops.statistics.intervals import Floats, Interval, critical_value, newcombe, two_sided, wilson

__all__ = [
    "Dispersion",
    "Floats",
    "Interval",
    "benjamini_hochberg",
    "count_dispersion",
    "count_log_error",
    "critical_value",
    "day_bootstrap",
    "mean_log_error",
    "newcombe",
    "rate_dispersion",
    "rate_log_error",
    "relative_change",
    "trials_needed",
    "two_proportions",
    "two_sided",
    "welch",
    "wilson",
]
