"""How the business changed, which factor and which segment made the change, and whether it is more than chance."""

from ecops.growth.analysis import Kpi, Kpis, kpis
from ecops.growth.decomposition import Decomposition, MixRate, decompose, mix_rate
from ecops.growth.registry import Metric, metric, metrics

__all__ = ["Decomposition", "Kpi", "Kpis", "Metric", "MixRate", "decompose", "kpis", "metric", "metrics", "mix_rate"]
