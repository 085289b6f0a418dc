"""How far along are the deposits? The completion curve of past campaigns, and the update of a first guess.

A window of deposits fills unevenly: a rush at the opening, a lull, a rush before it closes. What share of all deposits
has come by which share of the window is learned from past campaigns on the scale of log odds.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from ecops.errors import SpecError
from ecops.messages import Message
from ecops.presale.campaigns.series import Floats, Series
from ecops.presale.futures.beliefs import Belief, believed

WIDE = 0.35
"""Spread of the log odds of completion between campaigns where few campaigns tell it. With the doubt about the shape of
the curve itself a shop without any campaign is given 0.6."""


@dataclass(frozen=True, slots=True)
class Curve:
    """What past campaigns tell about completion.

    Attributes:
        past: the campaigns.
    """

    past: tuple[Series, ...]

    def belief(self, share: float, upto: float = 1.0) -> Belief:
        """Log odds of the deposits by a share of the window, as a part of those by a later share `upto`.

        Without any campaign deposits are expected to come evenly, with a wide spread.
        """
        even = min(max(share / upto, 1e-4), 1 - 1e-4)
        odds, within = [], []
        for series in self.past:
            whole = series.by(upto)
            if whole <= 0:
                continue
            least = 0.5 / (whole + 1)
            done = min(max(series.by(share) / whole, least), 1 - least)
            odds.append(math.log(done / (1 - done)))
            within.append(1 / (whole * done * (1 - done)))
        return believed(odds, within, mean=math.log(even / (1 - even)), sd=WIDE)

    def share(self, share: float) -> float:
        """The share of deposits expected by a share of the window, 0 to 1."""
        if share <= 0 or share >= 1:
            return float(np.clip(share, 0, 1))
        return float(1 / (1 + np.exp(-self.belief(share).location)))

    def path(self, shares: ArrayLike) -> Floats:
        """`share` for many, never falling."""
        found = [self.share(float(share)) for share in np.atleast_1d(np.asarray(shares, dtype=np.float64))]
        return np.asarray(np.maximum.accumulate(found), dtype=np.float64)


def completion_curve(past: Sequence[Series]) -> Curve:
    """The completion curve of past campaigns.

    >>> import datetime as dt
    >>> day = dt.date(2026, 5, 1)
    >>> campaign = Series("618", "A", day, 4, (40.0, 10.0, 10.0, 40.0), day)
    >>> curve = completion_curve([campaign])
    >>> round(curve.share(0.25), 2), curve.share(1.0)
    (0.34, 1.0)
    """
    return Curve(tuple(series for series in past if series.closed and series.total > 0))


def gamma_update(
    seen: ArrayLike, prior: ArrayLike, completion: ArrayLike, strength: float, dispersion: float = 1.0
) -> Floats:
    """Units still to come: the first guess, corrected by what has come so far.

    A first guess of the whole, worth `strength`, is a gamma distribution; counts that vary `dispersion` times as much
    as Poisson's update it. strength 0 is pure extrapolation, an infinite one keeps the first guess.

    Args:
        seen: units so far.
        prior: first guess of the whole, units; above 0.
        completion: share of the whole expected by now, between 0 and 1.
        strength: shape of the gamma distribution, 1 / cv^2 of the first guess.
        dispersion: variance over mean of the counts.

    >>> float(gamma_update(60, 100, 0.5, strength=10).round(6))
    58.333333
    >>> float(gamma_update(60, 100, 0.5, strength=0)), float(gamma_update(60, 100, 0.5, strength=1e12).round(6))
    (60.0, 50.0)
    """
    counted, guess, done = (np.asarray(value, dtype=np.float64) for value in (seen, prior, completion))
    if not (dispersion > 0 and strength >= 0):
        raise SpecError(
            Message("A strength below 0 or a dispersion of 0 is not possible."),
            Message("Give a strength of 0 or more and a dispersion above 0."),
        )
    factor = (strength + counted / dispersion) / (strength + guess * done / dispersion)
    return np.asarray(guess * (1 - done) * factor, dtype=np.float64)
