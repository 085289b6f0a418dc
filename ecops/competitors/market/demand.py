"""Where is it worth going? Search words and markets by demand against competition, with weights that everybody sees."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ecops.errors import DataError, SpecError
from ecops.messages import Message

if TYPE_CHECKING:
    import pandas as pd

Floats = NDArray[np.float64]
WEIGHTS: Mapping[str, float] = {"size": 0.35, "growth": 0.2, "competition": 0.3, "policy": 0.15}
"""Weights of the parts of the potential index until somebody sets others; competition counts against a market."""

_FEWEST_WORDS = 5
_ALIKE = 0.05


@dataclass(frozen=True, slots=True)
class Potential:
    """Markets by potential.

    Attributes:
        table: one row a market, the best first: market, score (0 to 100), the points of each part (they add up to the
            score), lacking (parts that are not known and count in the middle), close (another market is within 5
            points of it, so weights decide).
        weights: as used, summing to 1.
        firm: whether the first place stands when any one weight is halved or doubled.
    """

    table: pd.DataFrame
    weights: Mapping[str, float]
    firm: bool


def potential(markets: pd.DataFrame, weights: Mapping[str, float] | None = None) -> Potential:
    """The potential of markets: size, growth, competition, policy, each as the place among the markets given.

    A part counts by rank, (rank - 1/2) / n, so that units do not matter and one giant does not flatten the rest.

    Args:
        markets: `market` and any of size, growth, competition (more is harder), policy (more is friendlier).
        weights: part -> weight, not negative; `WEIGHTS` when None.

    Raises:
        SpecError: a weight is negative or all are nothing.
        DataError: fewer than two markets, or a market twice.
    """
    chosen = dict(WEIGHTS if weights is None else weights)
    if set(chosen) - set(WEIGHTS) or min(chosen.values(), default=-1) < 0 or sum(chosen.values()) <= 0:
        raise SpecError(
            Message("Weights are for size, growth, competition and policy, and none is negative."),
            Message("Set at least one above 0."),
        )
    if len(markets) < 2 or markets["market"].duplicated().any():
        raise DataError(
            Message("An index of potential needs two different markets at least."), Message("Add rows to the table.")
        )
    ranked = {name: _ranked(markets, name) for name in chosen}
    scale = {name: weight / sum(chosen.values()) for name, weight in chosen.items()}
    table = _scored(markets, ranked, scale)
    changed = [{**chosen, name: weight * factor} for name, weight in chosen.items() if weight for factor in (0.5, 2.0)]
    winners = {_best(markets, ranked, other) for other in changed}
    return Potential(table, scale, winners <= {table["market"].iloc[0]})


def _ranked(markets: pd.DataFrame, name: str) -> Floats:
    if name not in markets:
        return np.full(len(markets), np.nan)
    values = markets[name].to_numpy(dtype=np.float64, na_value=np.nan)
    known = np.isfinite(values)
    below = (values[known][:, None] > values[known][None]).sum(axis=1)
    equal = (values[known][:, None] == values[known][None]).sum(axis=1)
    place = (below + equal / 2) / max(int(known.sum()), 1)
    result = np.full(len(markets), np.nan)
    result[known] = 1 - place if name == "competition" else place
    return result


def _points(ranked: Mapping[str, Floats], weights: Mapping[str, float]) -> dict[str, Floats]:
    total = sum(weights.values())
    return {name: 100 * weights[name] / total * np.nan_to_num(place, nan=0.5) for name, place in ranked.items()}


def _scored(markets: pd.DataFrame, ranked: Mapping[str, Floats], weights: Mapping[str, float]) -> pd.DataFrame:
    import pandas as pd

    points = _points(ranked, weights)
    table = pd.DataFrame({"market": markets["market"].astype(str).to_numpy(), **points})
    table["score"] = sum(points.values())
    table["lacking"] = np.isnan(np.array([ranked[name] for name in ranked if weights[name] > 0])).sum(axis=0)
    table = table.sort_values(["score", "market"], ascending=[False, True], ignore_index=True)
    score = table["score"].to_numpy()
    near = np.abs(np.diff(score)) <= 100 * _ALIKE
    table["close"] = np.concatenate([near, [False]]) | np.concatenate([[False], near])
    return table


def _best(markets: pd.DataFrame, ranked: Mapping[str, Floats], weights: Mapping[str, float]) -> str:
    return str(_scored(markets, ranked, weights)["market"].iloc[0])


def search_words(terms: pd.DataFrame) -> pd.DataFrame:
    """Which words are searched much and hardly contested? Places among the words of the table, never amounts.

    Args:
        terms: `keyword`; any of searches, search_index, rank (popularity), products and head_click_share (competition),
            conversion_rate, conversion_index, growth. Index values are only ranked.

    Returns:
        keyword, demand, competition (places 0 to 1, NaN when not known), conversion (place), score (demand x conversion
        x (1 - competition), a place too), label ("open", "moderate", "crowded", "unknown"); the best first. Labels need
        five words that can be placed.
    """
    import pandas as pd

    names = ["keyword", "demand", "competition", "conversion", "score", "label"]
    if terms.empty:
        return pd.DataFrame({name: [] for name in names})
    demand = _first_known(terms, (("searches", 1), ("search_index", 1), ("rank", -1)))
    competition = _mean_known(terms, ("products", "head_click_share"))
    conversion = _first_known(terms, (("conversion_rate", 1), ("conversion_index", 1)))
    score = demand * (1 - competition) * np.nan_to_num(conversion, nan=0.5)
    enough = int(np.isfinite(score).sum()) >= _FEWEST_WORDS
    gap = demand - competition
    label = np.select(
        [~np.isfinite(gap) | (not enough), gap >= 0.25, gap <= -0.25], ["unknown", "open", "crowded"], "moderate"
    )
    table = pd.DataFrame(
        {"keyword": terms["keyword"].astype(str).to_numpy(), "demand": demand, "competition": competition,
         "conversion": conversion, "score": score, "label": label}
    )  # fmt: skip
    return table.sort_values(["score", "keyword"], ascending=[False, True], ignore_index=True, na_position="last")


def _placed(values: Floats) -> Floats:
    known = np.isfinite(values)
    ordered = np.sort(values[known])
    low, high = (np.searchsorted(ordered, values, side=side) for side in ("left", "right"))
    return np.where(known, (low + high) / 2 / max(int(known.sum()), 1), np.nan)


def _column(frame: pd.DataFrame, name: str) -> Floats:
    if name not in frame:
        return np.full(len(frame), np.nan)
    return np.asarray(frame[name].to_numpy(dtype=np.float64, na_value=np.nan), dtype=np.float64)


def _first_known(frame: pd.DataFrame, columns: tuple[tuple[str, int], ...]) -> Floats:
    """The place by the first column that any word has; columns are not mixed, since their units differ."""
    for name, sign in columns:
        values = _column(frame, name)
        if np.isfinite(values).any():
            return _placed(sign * values)
    return np.full(len(frame), np.nan)


def _mean_known(frame: pd.DataFrame, columns: tuple[str, ...]) -> Floats:
    placed = np.array([_placed(_column(frame, name)) for name in columns])
    there = np.isfinite(placed).sum(axis=0)
    total = np.where(np.isfinite(placed), placed, 0.0).sum(axis=0)
    return np.where(there > 0, total / np.maximum(there, 1), np.nan)


def indices(rows: pd.DataFrame, own: tuple[str, ...] = ()) -> pd.DataFrame:
    """Index values of a platform as ranks and ratios: the only things that can be said of them.

    Args:
        rows: one row a shop or product: `shop`, `sku`, any `..._index` column.
        own: names of our shops; ratios are to our own index where it is there, else to the median.

    Returns:
        One row a shop, product and index: shop, sku, title, index, rank (1 is highest), of (how many), ratio, to_own
        (whether the ratio is to ours). No money, ever.
    """
    import pandas as pd

    found: list[dict[str, Any]] = []
    for name in [column for column in rows if str(column).endswith("_index")]:
        values = _column(rows, str(name))
        known = np.isfinite(values) & (values > 0)
        if not known.any():
            continue
        there = rows[known].assign(value=values[known])
        ours = there.loc[there["shop"].isin(own), "value"]
        base = float(ours.max()) if len(ours) else float(there["value"].median())
        rank = there["value"].rank(ascending=False, method="min").astype(int)
        found += [
            {"shop": row.shop, "sku": row.sku, "title": row.title, "index": str(name), "rank": int(place),
             "of": len(there), "ratio": float(row.value) / base if base else math.nan, "to_own": len(ours) > 0}
            for row, place in zip(there.itertuples(), rank, strict=True)
        ]  # fmt: skip
    return pd.DataFrame(found, columns=["shop", "sku", "title", "index", "rank", "of", "ratio", "to_own"])
