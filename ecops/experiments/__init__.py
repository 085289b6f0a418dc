"""A/B tests a manager can trust: from a file to ship, stop, keep running or not valid, with the money at stake.

>>> readout = analyse("tests.csv", Experiment(goal="conversion", planned_sample=20_000))  # doctest: +SKIP
>>> print(decide(readout).headline)  # doctest: +SKIP
Ship B: Conversion rate from 3.1% to 3.6% (+16%), about ¥42k more a month (¥11k to ¥73k). Chance of being wrong: 0.4%.
"""

from ecops.experiments.analysis import analyse, tally_of
from ecops.experiments.bayes import posterior, posterior_counts
from ecops.experiments.days import daily
from ecops.experiments.decide import Decision, decide
from ecops.experiments.effects import Effect, relative_lift
from ecops.experiments.findings import findings
from ecops.experiments.health import likely_splits, srm
from ecops.experiments.margins import non_inferiority
from ecops.experiments.means import compare_means, cuped
from ecops.experiments.measure import moments
from ecops.experiments.multiplicity import holm
from ecops.experiments.planning import Design, Plan, days_needed, minimum_effect, plan, power, sample_size
from ecops.experiments.proportions import compare_proportions
from ecops.experiments.ratios import compare_ratios
from ecops.experiments.readout import Readout
from ecops.experiments.samples import Moments, Sample
from ecops.experiments.sequential import always_valid, group_sequential
from ecops.experiments.simulation import aa_check
from ecops.experiments.spec import Experiment, Metric, preset, presets
from ecops.statistics import benjamini_hochberg

__all__ = [
    "Decision",
    "Design",
    "Effect",
    "Experiment",
    "Metric",
    "Moments",
    "Plan",
    "Readout",
    "Sample",
    "aa_check",
    "always_valid",
    "analyse",
    "benjamini_hochberg",
    "compare_means",
    "compare_proportions",
    "compare_ratios",
    "cuped",
    "daily",
    "days_needed",
    "decide",
    "findings",
    "group_sequential",
    "holm",
    "likely_splits",
    "minimum_effect",
    "moments",
    "non_inferiority",
    "plan",
    "posterior",
    "posterior_counts",
    "power",
    "preset",
    "presets",
    "relative_lift",
    "sample_size",
    "srm",
    "tally_of",
]
