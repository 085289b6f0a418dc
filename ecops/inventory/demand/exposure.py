"""How much would have been sold had there been stock all day?

Stock-outs fall on busy days. Leaving such days out, as is often advised, therefore makes demand too low, and counting
them as they are makes it lower still, until a rule that orders what was sold lets a product die. Here units are
divided by the share of the day's usual demand that met stock: a ratio of sums, over days with enough of it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from ecops.errors import SpecError
from ecops.inventory.demand.panel import Floats, Ints, Panel
from ecops.messages import Message, Number

LEAST_EXPOSURE = 0.25
"""A day with less stock than this says nothing of the rate."""

_WINDOW = 28.0
"""Days with stock whose rate stands for a day without."""


def uncensor(
    data: Panel,
    hours_out: ArrayLike,
    *,
    profile: ArrayLike | None = None,
    recapture: float = 0.0,
) -> Panel:
    """The panel with its demand corrected for stock-outs.

    Each day gets `units + (1 - recapture) * (1 - exposure) * rate`, where the rate is units over exposure of the last
    28 days with stock (of the first 28 where there were none before). With `recapture` 0 this is the estimator
    "sum of units / sum of exposure" over the window.

    Args:
        data: the panel whose demand is not corrected yet; units, sales and returns stay as they are.
        hours_out: hours without stock, shape (n, days) and 0 to 24; or which hours, shape (n, days, 24) of booleans.
        profile: share of a day's demand by hour, 24 numbers; even when None. A number of hours counts as the last
            ones of the day, since what is sold out in the afternoon stays so until the morning.
        recapture: share of the lost units that customers come back for, 0 to 1.

    Raises:
        SpecError: a shape does not fit, hours are not 0 to 24, or the recapture is not 0 to 1.
    """
    if not 0 <= recapture <= 1:
        raise SpecError(
            Message("A recapture of {value} is not a share.", value=Number(recapture, 2)),
            Message("Give a number from 0 to 1."),
        )
    exposure = exposures(np.asarray(hours_out), data.units.shape, profile)
    # Before its first sale a product was not missing, it was not there yet.
    exposure = np.where(np.arange(data.days) >= data.first[:, None], exposure, 1.0)
    rate = _rates(data.demand, exposure, data.first)
    demand = data.demand + (1 - recapture) * (1 - exposure) * rate
    return replace(data, demand=demand, exposure=exposure)


def exposures(hours_out: Any, shape: tuple[int, int], profile: ArrayLike | None = None) -> Floats:
    """Share of the day's usual demand that met stock, shape (n, days).

    Raises:
        SpecError: see `uncensor`.
    """
    share = _profile(profile)
    if hours_out.shape == (*shape, 24):
        return np.asarray(1.0 - np.asarray(hours_out, dtype=np.float64) @ share, dtype=np.float64)
    if hours_out.shape != shape:
        raise SpecError(
            Message("The hours without stock do not fit the sales: {given} instead of {wanted}.",
                    given=str(hours_out.shape), wanted=str(shape)),
            Message("Give one number for each product and day."),
        )  # fmt: skip
    hours = np.asarray(hours_out, dtype=np.float64)
    if np.nanmin(hours, initial=0.0) < 0 or np.nanmax(hours, initial=0.0) > 24:
        raise SpecError(Message("Hours without stock must be 0 to 24."), Message("Check the unit of the column."))
    reached = np.concatenate([[0.0], np.cumsum(share)])
    return np.asarray(np.interp(24.0 - np.nan_to_num(hours), np.arange(25), reached), dtype=np.float64)


def _profile(profile: ArrayLike | None) -> Floats:
    share = np.full(24, 1 / 24) if profile is None else np.asarray(profile, dtype=np.float64)
    if share.shape != (24,) or not np.isfinite(share).all() or share.min() < 0 or share.sum() <= 0:
        raise SpecError(
            Message("The profile of a day needs 24 numbers that are not negative."),
            Message("Give the units sold by hour of the day."),
        )
    return np.asarray(share / share.sum(), dtype=np.float64)


def _rates(units: Floats, exposure: Floats, first: Ints) -> Floats:
    """Units a whole day with stock, from the last 28 days' worth of exposure before each day, shape (n, days)."""
    n, days = units.shape
    counted = (exposure >= LEAST_EXPOSURE) & (np.arange(days) >= first[:, None])
    share = np.where(counted, exposure, 0.0)
    seen = np.zeros((n, days + 1))
    sold = np.zeros((n, days + 1))
    np.cumsum(share, axis=1, out=seen[:, 1:])
    np.cumsum(np.where(counted, units, 0.0), axis=1, out=sold[:, 1:])
    # The window ends the day before, and reaches back until it holds 28 days of exposure; the first one of a product
    # reaches forward instead.
    end = np.maximum(seen[:, :-1], np.minimum(_WINDOW, seen[:, -1:]))
    begin = np.maximum(end - _WINDOW, 0.0)
    amount = _at(seen, sold, end) - _at(seen, sold, begin)
    with np.errstate(invalid="ignore", divide="ignore"):
        rate = amount / (end - begin)
    return np.where(end > begin, rate, 0.0)


def _at(seen: Floats, sold: Floats, where: Floats) -> Floats:
    """Cumulative units at a cumulative exposure, row by row: one interpolation over all rows laid end to end."""
    gap = float(seen[:, -1].max()) + _WINDOW + 1.0
    offset = (np.arange(len(seen)) * gap)[:, None]
    # A tiny slope keeps the abscissa increasing where there is no exposure.
    tiny = np.arange(seen.shape[1]) * 1e-9
    found: Floats = np.interp((where + offset).ravel(), (seen + offset + tiny).ravel(), sold.ravel())
    return found.reshape(where.shape)
