"""A/B tests a manager can trust: from a file to ship, stop, keep running or not valid, with the money at stake.

>>> readout = analyse("tests.csv", Experiment(goal="conversion", planned_sample=20_000))  # doctest: +SKIP
>>> print(decide(readout).headline)  # doctest: +SKIP
Ship B: Conversion rate from 3.1% to 3.6% (+16%), about ¥42k more a month (¥11k to ¥73k). Chance of being wrong: 0.4%.
"""

from ecops.experiments.analysis import analyse, tally_of
from ecops.experiments.decide import Decision, decide
from ecops.experiments.design.planning import Design, Plan, days_needed, minimum_effect, plan, power, sample_size
from ecops.experiments.design.spec import Experiment, Metric, preset, presets
from ecops.experiments.looks.health import likely_splits, srm
from ecops.experiments.looks.sequential import always_valid, group_sequential
from ecops.experiments.reading.measure import moments
from ecops.experiments.results.readout import Readout
from ecops.experiments.statistics.bayes import posterior, posterior_counts
from ecops.experiments.statistics.days import daily
from ecops.experiments.statistics.effects import Effect, relative_lift
from ecops.experiments.statistics.margins import non_inferiority
from ecops.experiments.statistics.means import compare_means, cuped
from ecops.experiments.statistics.multiplicity import holm
from ecops.experiments.statistics.proportions import compare_proportions
from ecops.experiments.statistics.ratios import compare_ratios
from ecops.experiments.statistics.samples import Moments, Sample
from ecops.experiments.telling.findings import findings
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
