"""Are we dearer or cheaper than rivals for the same goods, by how much, and how sure is that?

Formulas: index = 100 x our price / rival price over matched pairs. The mean of such ratios always lies too high (it is
above 100 even when both shops have the same prices in random order), so the median and the geometric mean are offered
first, the sum of baskets for what a whole basket costs, and the mean only for comparison with tools that show it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from ecops.errors import DataError, unknown_name
from ecops.messages import Count, Message, Percent

if TYPE_CHECKING:
    import pandas as pd

Floats = NDArray[np.float64]
Kind = Literal["median", "geo", "basket", "mean"]

SUSPICIOUS = 3.0
"""Pairs whose prices differ by more than this factor are likely no pairs."""

COVERAGE = 0.3
"""Below this share of our own sales in the pairs there is no headline number."""

_EDGES = (-np.inf, -0.2, -0.05, 0.05, 0.2, np.inf)
_NAMES = ("far_below", "below", "parity", "above", "far_above")
_CHUNK = 500_000


@dataclass(frozen=True, slots=True)
class Index:
    """A price index of matched pairs; 100 is the rival's price.

    Attributes:
        kind: "median", "geo", "basket" or "mean".
        value: 100 x ours / theirs; NaN without pairs.
        low, high: interval from resampling pairs, same unit; NaN with fewer than 5 pairs.
        n: pairs that count.
        dropped: pairs left out because a price is missing or not positive, or their currencies differ.
        suspicious: pairs whose prices differ more than threefold: likely mismatches; they count only when asked for.
        shares: share of pairs by gap: far_below (under -20 %), below, parity (+-5 %), above, far_above (over +20 %).
        coverage: share of our sales that the pairs hold; NaN when not known.
        notes: what was left out and why.
    """

    kind: Kind
    value: float
    low: float
    high: float
    n: int
    dropped: int
    suspicious: int
    shares: dict[str, float]
    coverage: float
    notes: tuple[Message, ...]

    @property
    def headline(self) -> bool:
        """Whether there is enough behind the number to be told as one: 5 pairs, and 30 % of our sales if known."""
        return self.n >= 5 and not self.coverage < COVERAGE


def price_index(
    matches: pd.DataFrame,
    kind: Kind = "median",
    *,
    coverage: float = np.nan,
    keep_suspicious: bool = False,
    level: float = 0.95,
    draws: int = 2000,
    seed: int = 0,
) -> Index:
    """The price index of matched pairs.

    Args:
        matches: one row a pair: `own_price`, `rival_price`; optional `weight` (our sales of the product), `prob` (how
            likely the pair is one; pairs count in proportion), `own_currency` and `rival_currency`.
        kind: which average; see the module.
        coverage: share of our sales that the pairs hold, 0 to 1.
        keep_suspicious: count pairs whose prices differ more than threefold too.
        level: coverage of the interval.
        draws: resamples.
        seed: of the resampling.

    Raises:
        SpecError: no such kind.
        DataError: a column is missing, or every pair is of two currencies.

    >>> import pandas as pd
    >>> price_index(pd.DataFrame({"own_price": [10, 20, 30], "rival_price": [10, 10, 20]}), draws=10).value
    150.0
    """
    if kind not in get_args(Kind):
        raise unknown_name(Message("The price index"), kind, get_args(Kind))
    for name in ("own_price", "rival_price"):
        if name not in matches:
            raise DataError(Message("The pairs have no column {column}.", column=name), Message("Give both prices."))
    own, rival = (matches[name].to_numpy(dtype=np.float64, na_value=np.nan) for name in ("own_price", "rival_price"))
    weight = _weights(matches)
    mixed = _mixed(matches)
    if len(matches) and mixed.all():
        raise DataError(
            Message("Every pair has prices of two currencies."),
            Message("Convert the prices of one side first; no rate is assumed."),
        )
    with np.errstate(invalid="ignore", divide="ignore"):
        ratio = own / rival
    usable = (own > 0) & (rival > 0) & np.isfinite(ratio) & (weight > 0) & ~mixed
    odd = usable & ((ratio > SUSPICIOUS) | (ratio < 1 / SUSPICIOUS))
    counted = usable if keep_suspicious else usable & ~odd
    own, rival, weight = own[counted], rival[counted], weight[counted]
    value = _average(kind, own, rival, weight[None])[0] if len(own) else np.nan
    low, high = _interval(kind, own, rival, weight, level, draws, seed) if len(own) >= 5 else (np.nan, np.nan)
    return Index(
        kind,
        float(value) * 100,
        low * 100,
        high * 100,
        len(own),
        int((~usable).sum()),
        int(odd.sum()),
        _shares(own / rival - 1, weight),
        float(coverage),
        _notes(int(mixed.sum()), int((~usable & ~mixed).sum()), 0 if keep_suspicious else int(odd.sum()), coverage),
    )


def _weights(matches: pd.DataFrame) -> Floats:
    weight = np.ones(len(matches))
    for name in ("weight", "prob"):
        if name in matches:
            given = matches[name].to_numpy(dtype=np.float64, na_value=np.nan)
            weight *= np.nan_to_num(given, nan=0.0)
    return weight


def _mixed(matches: pd.DataFrame) -> NDArray[np.bool_]:
    """Pairs whose prices are known to be of two currencies."""
    if not {"own_currency", "rival_currency"} <= set(matches.columns):
        return np.zeros(len(matches), dtype=bool)
    own, rival = (matches[name].fillna("").astype(str) for name in ("own_currency", "rival_currency"))
    found: NDArray[np.bool_] = ((own != rival) & (own != "") & (rival != "")).to_numpy()
    return found


def _average(kind: Kind, own: Floats, rival: Floats, weights: Floats) -> Floats:
    """The average of the pairs under each row of `weights`, shape (rows, pairs)."""
    if kind == "basket":
        return np.asarray((weights @ own) / (weights @ rival), dtype=np.float64)
    ratio = own / rival
    if kind == "median":
        return weighted_median(ratio, weights)
    total = weights.sum(axis=1)
    if kind == "mean":
        return np.asarray((weights @ ratio) / total, dtype=np.float64)
    return np.asarray(np.exp((weights @ np.log(ratio)) / total), dtype=np.float64)


def weighted_median(values: Floats, weights: Floats) -> Floats:
    """The weighted median of `values` under each row of weights; with equal weights the ordinary one.

    Args:
        values: shape (n,).
        weights: not negative, shape (rows, n), some weight in every row.
    """
    order = np.argsort(values, kind="stable")
    ordered = values[order]
    below = np.cumsum(weights[:, order], axis=1)
    half, tiny = below[:, -1:] / 2, 1e-12 * below[:, -1:]
    first = (below < half - tiny).sum(axis=1)
    second = np.minimum((below <= half + tiny).sum(axis=1), len(values) - 1)
    result: Floats = (ordered[first] + ordered[second]) / 2
    return result


def _interval(
    kind: Kind, own: Floats, rival: Floats, weight: Floats, level: float, draws: int, seed: int
) -> tuple[float, float]:
    """Percentile bootstrap over pairs: how often each pair was drawn is its weight, in pieces that fit the cache."""
    random = np.random.default_rng(seed)
    size = len(own)
    found = []
    step = max(1, min(draws, _CHUNK // size))
    for start in range(0, draws, step):
        rows = min(step, draws - start)
        picked = random.integers(0, size, (rows, size)) + np.arange(rows)[:, None] * size
        times = np.bincount(picked.ravel(), minlength=rows * size).reshape(rows, size)
        drawn = times * weight
        found.append(_average(kind, own, rival, drawn[drawn.sum(axis=1) > 0]))
    low, high = np.quantile(np.concatenate(found), [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


def _shares(gap: Floats, weight: Floats) -> dict[str, float]:
    if not len(gap):
        return dict.fromkeys(_NAMES, float("nan"))
    place = np.searchsorted(np.array(_EDGES[1:-1]), gap, side="right")
    total = np.bincount(place, weight, minlength=len(_NAMES)) / weight.sum()
    return {name: float(share) for name, share in zip(_NAMES, total, strict=True)}


def _notes(mixed: int, missing: int, odd: int, coverage: float) -> tuple[Message, ...]:
    notes = []
    if mixed:
        notes.append(Message("{n} pairs are of two currencies and were left out.", n=Count(mixed)))
    if missing:
        notes.append(Message("{n} pairs lack a price and were left out.", n=Count(missing)))
    if odd:
        notes.append(Message("{n} pairs differ more than threefold in price: likely no pairs, left out.", n=Count(odd)))
    if coverage < COVERAGE:
        notes.append(
            Message(
                "The pairs hold {share} of your sales; below {limit} no headline number is given.",
                share=Percent(coverage),
                limit=Percent(COVERAGE),
            )
        )
    return tuple(notes)
