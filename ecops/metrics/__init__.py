"""The metrics of the operations handbooks: what each is, and its figures by day, period and place."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ecops.metrics.analysis import Kpi, Kpis, kpis
    from ecops.metrics.registry import Metric, metric, metrics

_HOME_OF = {
    "Kpi": "analysis",
    "Kpis": "analysis",
    "Metric": "registry",
    "kpis": "analysis",
    "metric": "registry",
    "metrics": "registry",
}

__all__ = ["Kpi", "Kpis", "Metric", "kpis", "metric", "metrics"]


def __getattr__(name: str) -> object:
    # What is certain about a change is SciPy's to say; who only asks for the tables must not wait for it.
    if name in _HOME_OF:
        return getattr(importlib.import_module(f"{__name__}.{_HOME_OF[name]}"), name)
    raise AttributeError(f"module 'ecops.metrics' has no attribute {name!r}")
