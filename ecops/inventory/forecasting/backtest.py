"""Which method would have been least wrong on our own past, in what a buyer orders: totals of four weeks?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from ecops.errors import DataError
from ecops.inventory.demand.panel import Floats, Panel
from ecops.inventory.forecasting import boosted
from ecops.inventory.forecasting.lead_time import History, at, history
from ecops.inventory.forecasting.levels import BOOSTED, METHODS, levels
from ecops.messages import Message, Percent

if TYPE_CHECKING:
    import pandas as pd

BIAS_GUARD = 0.25
"""A method that is off by more than this share of all units is not chosen, however small its errors."""


def backtest(
    data: Panel,
    methods: Sequence[str] = tuple(METHODS),
    *,
    days: int = 28,
    origins: int = 3,
    groups: Sequence[str] | None = None,
    share: float = 0.95,
    known: Mapping[str, Floats] | None = None,
) -> pd.DataFrame:
    """Errors of totals over `days` days, at `origins` past mornings that lie `days` apart; never of single days.

    Args:
        data: the panel.
        methods: of `levels`.
        days: length of the totals.
        origins: how many past totals, fewer where history is short.
        groups: category of each product; one row a category and method when given.
        share: nominal coverage of the quantile that is checked.
        known: method -> its levels, where they are at hand.

    Returns:
        Columns method, group, n (totals), wape (sum of absolute errors over sum of units), bias (sum of errors over
        sum of units, negative is too low), coverage (share of totals within the `share` quantile; NaN where history
        is too short to calibrate), chosen (least wape within the bias guard, of its group).

    Raises:
        DataError: history is shorter than one total and eight weeks.
        SpecError: a method is not known.
    """
    import pandas as pd

    mornings = [data.days - days * (number + 1) for number in range(origins)]
    mornings = [morning for morning in mornings if morning >= 56]
    if not mornings:
        raise DataError(
            Message("{n} days of sales are too few to test a forecast of {days} days.", n=data.days, days=days),
            Message("Load at least {n} days.", n=days + 56),
        )
    names = np.array(list(groups) if groups is not None else [""] * len(data.skus))
    rows: list[dict[str, object]] = []
    for method in methods:
        level = (known or {}).get(method)
        past = history(data, days, level=levels(data, method) if level is None else level)
        parts = [_one(past, morning, share) for morning in mornings]
        for name in np.unique(names):
            mine = [lives & (names == name) for lives, *_rest in parts]
            chosen = [
                (expected[m], actual[m], inside[m])
                for m, (_k, expected, actual, inside) in zip(mine, parts, strict=True)
            ]
            expected, actual, inside = (np.concatenate(part) for part in zip(*chosen, strict=True))
            units = actual.sum()
            rows.append(
                {
                    "method": method,
                    "group": str(name),
                    "n": len(actual),
                    "wape": float(np.abs(expected - actual).sum() / units) if units else np.nan,
                    "bias": float((expected - actual).sum() / units) if units else np.nan,
                    "coverage": float(np.nanmean(inside)) if np.isfinite(inside).any() else np.nan,
                }
            )
    found = pd.DataFrame(rows)
    return found.assign(chosen=_chosen(found))


def _one(past: History, morning: int, share: float) -> tuple[np.ndarray, Floats, Floats, Floats]:
    """Which products were known on a morning, expected and actual total, and whether the quantile covered it."""
    data, days = past.data, past.days
    known = data.first < morning
    expected = past.level[:, morning] * past.factor(morning)
    actual = past.total[:, morning + days] - past.total[:, morning]
    try:
        upper = at(past, morning).quantile(share)
    except DataError:
        return known, expected, actual, np.full(len(expected), np.nan)
    return known, expected, actual, (actual <= upper + 1e-9).astype(np.float64)


def _chosen(found: pd.DataFrame) -> np.ndarray:
    """The least error of each group among methods within the bias guard; the least bias where none is within."""
    guarded = found["wape"].where(found["bias"].abs() <= BIAS_GUARD)
    best = guarded.groupby(found["group"]).transform("min") == guarded
    lost = ~best.groupby(found["group"]).transform("any")
    least = found["bias"].abs().groupby(found["group"]).transform("min") == found["bias"].abs()
    return np.asarray(best | (lost & least))


def boosting_weighed(data: Panel, level: Floats) -> tuple[Floats, Message]:
    """LightGBM averaged in where it was less wrong on the shop's own past, and the sentence that says so.

    Args:
        data: the panel.
        level: of `levels`, the ensemble's.

    Returns:
        The levels to go by, shape (n, days + 1).
    """
    if not boosted.available():
        return level, Message(
            "LightGBM is not installed here, so the forecast is without it; {command} adds it.",
            command="pip install lightgbm",
        )
    mean = boosted.averaged(data, level)
    try:
        told = backtest(data, ["ensemble", BOOSTED], known={"ensemble": level, BOOSTED: mean}).set_index("method")
    except DataError:
        return level, Message(
            "{n} days of sales are too few to try LightGBM, so the forecast is without it.", n=data.days
        )
    words = {
        name: Percent(float(told.loc[key, "wape"]), 1) for name, key in (("plain", "ensemble"), ("trees", BOOSTED))
    }
    if bool(told.loc[BOOSTED, "chosen"]) and told.loc[BOOSTED, "wape"] < told.loc["ensemble", "wape"]:
        return mean, Message(
            "LightGBM is averaged in: it misses past four-week totals by {trees} of units, {plain} without it.", **words
        )
    return level, Message(
        "LightGBM was tried and left out: it misses past four-week totals by {trees} of units, {plain} without it.",
        **words,
    )
