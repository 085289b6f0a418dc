"""The metrics of the operations handbooks: what each is, and its figures by day, period and place."""

from ecops.metrics.analysis import Kpi, Kpis, kpis
from ecops.metrics.registry import Metric, metric, metrics

__all__ = ["Kpi", "Kpis", "Metric", "kpis", "metric", "metrics"]
