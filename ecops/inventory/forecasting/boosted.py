"""A level learned over all products at once: boosted trees on four-week totals (LightGBM), averaged with the ensemble.

The trees learn by what factor the ensemble misses: from how a product's totals of one to sixteen weeks stand to its
level, how often and how evenly it sells, its age, its price against the usual one, and the events around. One model for
the whole catalogue, learned anew every four weeks from windows that had ended by then; the target is the total itself,
not the days, since totals are what is ordered (inventory notes 0.4). A total of whole weeks holds every weekday equally
often, so the weekday of a morning says nothing.

LightGBM is needed for this alone and imported here alone.
"""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass
from typing import Any

import numpy as np

from ecops.errors import SpecError
from ecops.inventory.demand.panel import Floats, Panel, trailing
from ecops.inventory.forecasting.calendar import events
from ecops.messages import Message
from ecops.periods import ONE_DAY

TOTAL = 28
"""Days of the totals that are learned."""

_HISTORY = 56
"""Days a morning must have behind it to be learned from, a product half of them."""

_STEP = 14
"""Days between two mornings that are learned from."""

_RELEARN = 28
_MODELS = 8
"""Past models: as far back as calibrations and comparisons look."""

_LEAST_WINDOWS = 500
"""Fewer totals of products than these teach no trees."""

_ROUNDS = 100
_PARAMETERS = {
    "objective": "tweedie", "tweedie_variance_power": 1.5, "num_leaves": 15, "learning_rate": 0.05,
    "min_data_in_leaf": 100, "feature_fraction": 0.8, "seed": 0, "deterministic": True, "force_row_wise": True,
    "num_threads": 1, "verbosity": -1,
}  # fmt: skip
"""Threads wait for each other longer than they work: one is faster (inventory notes 4.2)."""

_WEEKS = (7, 14, 28, 56, 112)
_TINY = 0.02
_HALF = 0.5
_MOST = 4.0
"""A factor beyond this, or below its inverse, is taken for this: a log link may explode."""


def available() -> bool:
    """Whether LightGBM is installed here."""
    return importlib.util.find_spec("lightgbm") is not None


def averaged(data: Panel, level: Floats) -> Floats:
    """The mean of a level and what boosted trees make of it, every morning; the level itself where they know nothing.

    Args:
        data: the panel.
        level: units a day expected on every morning, shape (n, days + 1), see `levels`.

    Returns:
        Shape (n, days + 1); column t uses columns before t only.

    Raises:
        SpecError: LightGBM is not installed.
    """
    if not available():
        raise SpecError(
            Message("LightGBM is not installed here."),
            Message("Install it with {command}, or choose another method.", command="pip install lightgbm"),
        )
    seen = _Seen.of(data, level)
    windows = [_window(seen, morning) for morning in range(data.days - TOTAL, _HISTORY - 1, -_STEP)]
    found = level.copy()
    for number in range(_MODELS):
        cut = data.days - _RELEARN * number
        model = _learned([window for window in windows if window.end <= cut])
        if model is None:
            break
        for morning in range(cut, min(cut + _RELEARN, data.days + 1), 7):
            until = min(morning + 7, cut + _RELEARN)
            found[:, morning:until] *= (1 + _factor(model, seen, morning)[:, None]) / 2
    return found


@dataclass(frozen=True, slots=True)
class _Seen:
    """What is added up once for all mornings; arrays of shape (n, days + 1)."""

    data: Panel
    level: Floats
    totals: dict[int, Floats]
    sales: Floats
    bulk: Floats
    money: tuple[Floats, Floats]
    units: tuple[Floats, Floats]
    whole: Floats
    event: np.ndarray

    @classmethod
    def of(cls, data: Panel, level: Floats) -> _Seen:
        """Add up."""
        demand = data.demand
        # Days from a month before the panel to a month after it, true for events.
        event = np.zeros(data.days + 2 * TOTAL + 1, dtype=np.bool_)
        first = data.start - TOTAL * ONE_DAY
        for one in events(first, first + (len(event) - 1) * ONE_DAY):
            event[max((one.period.start - first).days, 0) : (one.period.end - first).days + 1] = True
        return cls(
            data=data,
            level=level,
            totals={days: trailing(demand, days) for days in _WEEKS},
            sales=trailing((demand > 0).astype(np.float64), TOTAL),
            bulk=trailing(data.bulk.astype(np.float64), TOTAL),
            money=(trailing(data.sales, TOTAL), trailing(data.sales, _WEEKS[-1])),
            units=(trailing(data.units, TOTAL), trailing(data.units, _WEEKS[-1])),
            whole=trailing(demand, data.days),
            event=event,
        )


@dataclass(frozen=True, slots=True)
class _Window:
    """What was known on a morning, what the ensemble expected of the next four weeks, and what came."""

    end: int
    known: Floats
    expected: Floats
    came: Floats


def _window(seen: _Seen, morning: int) -> _Window:
    mine = np.flatnonzero(seen.data.first <= morning - _HISTORY // 2)
    came = seen.whole[mine, morning + TOTAL] - seen.whole[mine, morning]
    known = _features(seen, morning, float(seen.event[morning + TOTAL : morning + 2 * TOTAL].sum()))[mine]
    return _Window(morning + TOTAL, known, TOTAL * seen.level[mine, morning] + _HALF, came)


def _features(seen: _Seen, morning: int, ahead: float) -> Floats:
    """One row a product; `ahead` is the number of days of events among the next four weeks."""
    level = seen.level[:, morning] + _TINY
    lived = np.maximum(morning - seen.data.first, 1)
    before = seen.totals[TOTAL][:, max(morning - TOTAL, 0)]
    with np.errstate(invalid="ignore", divide="ignore"):
        lately, usual = (
            np.where(units[:, morning] > 0, money[:, morning] / units[:, morning], np.nan)
            for money, units in zip(seen.money, seen.units, strict=True)
        )
        price = np.where((lately > 0) & (usual > 0), lately / usual, np.nan)
    columns = [
        np.log(level),
        *(np.log((total[:, morning] / np.minimum(lived, days) + _TINY) / level) for days, total in seen.totals.items()),
        np.log((before / TOTAL + _TINY) / level),
        seen.sales[:, morning] / np.minimum(lived, TOTAL),
        np.log(np.minimum(lived, 365)),
        np.log(price),
        np.log(np.where(usual > 0, usual, np.nan)),
        seen.bulk[:, morning],
        np.full(len(level), float(seen.event[morning : morning + TOTAL].sum())),
        np.full(len(level), ahead),
    ]
    return np.column_stack(columns)


def _learned(windows: list[_Window]) -> Any:
    """Trees that say by what factor the ensemble misses; None where there is too little to learn from."""
    if sum(len(window.came) for window in windows) < _LEAST_WINDOWS:
        return None
    import lightgbm

    known, expected, came = (
        np.concatenate([getattr(window, name) for window in windows]) for name in ("known", "expected", "came")
    )
    table = lightgbm.Dataset(known, came, init_score=np.log(expected), params={"verbosity": -1})
    return lightgbm.train(_PARAMETERS, table, _ROUNDS)


def _factor(model: Any, seen: _Seen, morning: int) -> Floats:
    """What the level of a morning is multiplied with; 1 for products that are too young.

    Of days without events: what an event does is known from `estimate_uplift`, and must not count twice.
    """
    raw = np.asarray(model.predict(_features(seen, morning, 0.0), raw_score=True, num_threads=1), dtype=np.float64)
    level = TOTAL * seen.level[:, morning]
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        factor = np.exp(raw) * (level + _HALF) / level
    known = (seen.data.first <= morning - _HISTORY // 2) & np.isfinite(factor)
    return np.where(known, np.clip(factor, 1 / _MOST, _MOST), 1.0)
