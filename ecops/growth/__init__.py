"""How the business changed, which factor and which segment made the change, and whether it is more than chance."""

from ecops.growth.diagnosis import Diagnosis, diagnose
from ecops.growth.what_if import WhatIf, what_if
from ecops.metrics.analysis import Kpi, Kpis, kpis
from ecops.metrics.completeness import Completeness, completeness
from ecops.metrics.registry import Metric, metric, metrics
from ecops.statistics.decomposition import Decomposition, MixRate, decompose, mix_rate

__all__ = [
    "Completeness",
    "Decomposition",
    "Diagnosis",
    "Kpi",
    "Kpis",
    "Metric",
    "MixRate",
    "WhatIf",
    "completeness",
    "decompose",
    "diagnose",
    "kpis",
    "metric",
    "metrics",
    "mix_rate",
    "what_if",
]
