"""How the business changed, which factor and which segment made the change, and whether it is more than chance."""

from ecops.growth.board.outlook import Outlook, outlook
from ecops.growth.board.scorecard import Scorecard, scorecard
from ecops.growth.board.steps import Trend, by_step, trends
from ecops.growth.board.unusual import Unusual, unusual_days
from ecops.growth.diagnosis import Diagnosis, diagnose
from ecops.growth.what_if import WhatIf, what_if
from ecops.metrics.analysis import Kpi, Kpis, kpis
from ecops.metrics.registry import Metric, metric, metrics
from ecops.metrics.told.completeness import Completeness, completeness
from ecops.statistics.decomposition import Decomposition, MixRate, decompose, mix_rate

__all__ = [
    "Completeness",
    "Decomposition",
    "Diagnosis",
    "Kpi",
    "Kpis",
    "Metric",
    "MixRate",
    "Outlook",
    "Scorecard",
    "Trend",
    "Unusual",
    "WhatIf",
    "by_step",
    "completeness",
    "decompose",
    "diagnose",
    "kpis",
    "metric",
    "metrics",
    "mix_rate",
    "outlook",
    "scorecard",
    "trends",
    "unusual_days",
    "what_if",
]
