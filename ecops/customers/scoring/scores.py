"""Scores of recency, frequency and money, equal customers always with equal scores.

A cut-off is the least value that still earns a score, in the unit of the figure ("F 5 = 6 orders or more"). Scores by
share are nothing but cut-offs that were read off the customers of one day; kept and used again later ("frozen") they
tell whether customers moved or only the yardstick did.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from ecops.customers.orders.book import Floats
from ecops.customers.scoring.rfm import Rfm
from ecops.errors import SpecError, unknown_name
from ecops.messages import Message, Percent

Method = Literal["auto", "quantile", "fixed", "kmeans"]
"""quantile: equal shares, ties together. auto: the same, but fixed numbers of orders where most customers ordered
equally often. fixed: by cut-offs that are given. kmeans: the figures' own clusters."""

BINS = 5
HEAVY = 0.4
"""Share of customers with one and the same frequency above which shares cannot tell five groups apart."""

FIXED_FREQUENCY = (1.0, 2.0, 3.0, 5.0, 10.0)
"""Orders that earn F 1 to 5 where most customers bought once."""

Points = NDArray[np.int8]


@dataclass(frozen=True, slots=True)
class Cuts:
    """The least values that earn score 1, 2, ..., `bins`, in the unit of each figure.

    Attributes:
        recency: days since the last order, falling: at most so many days earn the score.
        frequency: orders, rising.
        money: rising, in the shop's currency.
        method: how they were found.
        notes: what had to be done otherwise than asked, and why.
    """

    recency: tuple[float, ...]
    frequency: tuple[float, ...]
    money: tuple[float, ...]
    method: Method = "fixed"
    notes: tuple[Message, ...] = ()

    @property
    def bins(self) -> int:
        """Number of scores."""
        return len(self.recency)


@dataclass(frozen=True, eq=False)
class Scores:
    """The scores of every customer of an `Rfm`.

    Attributes:
        rfm: what was scored.
        r, f, m: (n,) 1 (worst) to `cuts.bins` (best).
        cuts: what earns each score; give it to `score` again to freeze it.
    """

    rfm: Rfm
    r: Points
    f: Points
    m: Points
    cuts: Cuts

    def codes(self) -> NDArray[np.int64]:
        """(n,) the three digits as one number, 555 for the best of five."""
        return 100 * self.r.astype(np.int64) + 10 * self.f + self.m


def score(table: Rfm, *, method: Method = "auto", bins: int = BINS, cuts: Cuts | None = None, seed: int = 7) -> Scores:
    """Score recency, frequency and money.

    Args:
        table: of `rfm`.
        method: see `Method`; ignored when `cuts` is given.
        bins: number of scores of each figure, 2 to 9.
        cuts: frozen or fixed cut-offs.
        seed: of k-means.

    Raises:
        SpecError: no such method, an impossible number of scores, or cut-offs that do not rise.
    """
    if method not in get_args(Method):
        raise unknown_name(Message("The method"), method, get_args(Method))
    if not 2 <= bins <= 9:
        raise SpecError(Message("There are 2 to 9 scores, not {n}.", n=bins), Message("Five are usual."))
    if cuts is None:
        if method == "fixed":
            raise SpecError(Message("Fixed scores need cut-offs."), Message("Give `Cuts` with a value for each score."))
        cuts = _by_clusters(table, bins, seed) if method == "kmeans" else _by_share(table, bins, method)
    _check(cuts)
    return Scores(
        table,
        _scored(-table.days_since_last.astype(np.float64), [-value for value in cuts.recency]),
        _scored(table.frequency, cuts.frequency),
        _scored(table.money, cuts.money),
        cuts,
    )


def _check(cuts: Cuts) -> None:
    known: Mapping[str, Sequence[float]] = {
        "recency": [-value for value in cuts.recency],
        "frequency": cuts.frequency,
        "money": cuts.money,
    }
    for name, values in known.items():
        if len(values) != cuts.bins or any(second < first for first, second in itertools.pairwise(values)):
            raise SpecError(
                Message("The cut-offs of {name} do not go from the worst to the best score.", name=name),
                Message("Give one value for each score; fewer days, more orders and more money are better."),
            )


def _scored(values: NDArray[Any], cuts: Sequence[float]) -> Points:
    # The first cut-off is open below: nobody has less than score 1. So few comparisons are faster than searches.
    found = np.ones(len(values), dtype=np.int8)
    for cut in cuts[1:]:
        found += values >= cut
    return found


def _by_share(table: Rfm, bins: int, method: Method) -> Cuts:
    """Score = the bin that a customer's mean rank falls into; equal customers have equal mean ranks."""
    notes = []
    frequency = _share_cuts(table.frequency.astype(np.float64), bins)
    heaviest = np.bincount(table.frequency).max() / len(table)
    if method == "auto" and heaviest > HEAVY and bins == BINS:
        frequency = FIXED_FREQUENCY
        notes.append(
            Message(
                "{share} of the customers ordered equally often, so frequency is scored by fixed numbers of orders "
                "(1, 2, 3, 5, 10) and not by equal shares.",
                share=Percent(float(heaviest)),
            )
        )
    recency = _share_cuts(-table.days_since_last.astype(np.float64), bins)
    return Cuts(tuple(-value for value in recency), frequency, _share_cuts(table.money, bins), method, tuple(notes))


def _share_cuts(values: Floats, bins: int) -> tuple[float, ...]:
    """The least value of each score: ceil(bins * mean rank / n) of the sorted values."""
    ordered = np.sort(values)
    begins = np.flatnonzero(np.concatenate([[True], ordered[1:] != ordered[:-1]]))
    ends = np.concatenate([begins[1:], [len(ordered)]])
    # Mean of the ranks begins+1 .. ends, twice, in whole numbers: no rounding decides a score.
    earned = -(-bins * (begins + 1 + ends) // (2 * len(ordered)))
    distinct = ordered[begins]
    places = np.searchsorted(earned, np.arange(1, bins + 1), side="left")
    cuts = [float(distinct[place]) if place < len(distinct) else np.inf for place in places]
    cuts[0] = float(distinct[0])
    return tuple(cuts)


_SAMPLED = 50_000


def _by_clusters(table: Rfm, bins: int, seed: int) -> Cuts:
    """Each figure's own clusters (k-means in one dimension, money and orders on a log scale)."""
    recency = _cluster_cuts(-table.days_since_last.astype(np.float64), bins, seed)
    frequency = _cluster_cuts(np.log(table.frequency), bins, seed)
    money = _cluster_cuts(np.log1p(np.maximum(table.money, 0.0)), bins, seed)
    return Cuts(
        tuple(-value for value in recency),
        tuple(float(np.round(np.exp(value))) for value in frequency),
        (min(float(table.money.min()), 0.0), *(float(np.expm1(value)) for value in money[1:])),
        "kmeans",
    )


def _cluster_cuts(values: Floats, bins: int, seed: int) -> tuple[float, ...]:
    from sklearn.cluster import KMeans

    ordered = np.sort(values)
    if len(ordered) > _SAMPLED:
        ordered = ordered[np.linspace(0, len(ordered) - 1, _SAMPLED).astype(np.int64)]
    several = min(bins, len(np.unique(ordered)))
    found = KMeans(several, n_init=4, random_state=seed).fit_predict(ordered[:, None])
    begins = np.concatenate([[0], np.flatnonzero(np.diff(found)) + 1])
    cuts = [float(ordered[place]) for place in begins]
    return tuple(cuts + [np.inf] * (bins - len(cuts)))
