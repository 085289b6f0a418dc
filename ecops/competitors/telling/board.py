"""Figures of rivals for the board of the whole shop, and for the rules that alarm somebody."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import special

from ecops.competitors.market.coverage import coverage
from ecops.competitors.reviews.view import opinions
from ecops.competitors.view import Prices, lost_ranks, prices
from ecops.metrics.measured import Measured
from ecops.periods import Period

if TYPE_CHECKING:
    from ecops.competitors.reviews.opinions import Opinions

_UNDER = 0.05
"""A rival counts as cheaper from this share below our price on."""

_RATED_DAYS = 84
_FEWEST_RATED = 30


def measured(data: Any, period: Period) -> Mapping[str, Measured]:
    """Every figure about rivals that can be told at the end of a period."""
    found: dict[str, Measured] = {}
    priced, said = prices(data, period.end), opinions(data, period.end)
    if priced is not None:
        found |= _of_prices(priced, period)
    if said is not None:
        found |= _of_reviews(said, period)
    covered = coverage(data, period.end)
    if covered is not None:
        found["title_coverage"] = Measured(covered.share, n=float(covered.table["searches"].sum()))
    ranks = lost_ranks(data, period.end)
    if ranks is not None:
        lost, peers = ranks
        found["peer_ranks_lost"] = Measured(float(len(lost)), n=peers)
    return found


def _of_prices(found: Prices, period: Period) -> dict[str, Measured]:
    rows = found.changes
    now = rows[(rows["change"] == "price_cut") & _in(rows["date"], period.start, period.end)]
    under = now[now["after"] < (1 - _UNDER) * now["own_price"]]
    told = {"rival_cuts": Measured(float(under["own_sku"].nunique()))}
    if "median" in found.indexes:
        index = found.indexes["median"]
        told["price_index"] = Measured(index.value, index.low, index.high, index.n)
        told["rival_price"] = Measured(float(found.pairs["rival_price"].median()), n=len(found.pairs))
    return told


def _of_reviews(found: Opinions, period: Period) -> dict[str, Measured]:
    """The gap of ratings of twelve weeks, the most frequent complaint, and complaints that are new of late."""
    told: dict[str, Measured] = {}
    if len(found.complaints):
        top = found.complaints.sort_values("reviews", ascending=False).iloc[0]
        share = float(top["share"])
        told["complaint_share"] = Measured(
            share, float(top["low"]), float(top["high"]), round(float(top["reviews"]) / share)
        )
    if found.tells_new(period.end):
        told["new_complaints"] = Measured(float(found.new["confirmed"].sum()), n=found.recent)
    rows = found.rows[_in(found.rows["date"], period.end - dt.timedelta(days=_RATED_DAYS - 1), period.end)]
    stars = rows["stars"].to_numpy(dtype=np.float64, na_value=np.nan)
    own = rows["own"].to_numpy(bool)
    sides = [stars[np.isfinite(stars) & side] for side in (~own, own)]
    if min(map(len, sides)) >= _FEWEST_RATED:
        told["rating_gap"] = _difference(*sides)
    return told


def _difference(theirs: np.ndarray, ours: np.ndarray) -> Measured:
    """Difference of two means with Welch's 95 % interval."""
    error = [float(side.var(ddof=1)) / len(side) for side in (theirs, ours)]
    value, half = float(theirs.mean() - ours.mean()), 0.0
    if sum(error) > 0:
        freedom = sum(error) ** 2 / sum(e**2 / (len(s) - 1) for e, s in zip(error, (theirs, ours), strict=True))
        half = float(special.stdtrit(freedom, 0.975)) * math.sqrt(sum(error))
    return Measured(value, value - half, value + half, min(len(theirs), len(ours)))


def _in(days: Any, start: dt.date, end: dt.date) -> Any:
    import pandas as pd

    dated = pd.to_datetime(days)
    return (dated >= pd.Timestamp(start)) & (dated <= pd.Timestamp(end))
