"""By how many per cent do sales change when the price changes by one per cent, and can the data tell at all?

For each product the logarithm of units is regressed on the logarithm of its price, its promotions, peaks, the rivals'
price, a trend and the season (two pairs of Fourier terms). Without these the season alone makes prices look harmless or
deadly. Errors allow for weeks that resemble their neighbours (Newey and West 1987). Products lend each other strength
by an empirical-Bayes normal model (Paule and Mandel 1982; Morris 1983). A product whose price did not move on its own
gets no number.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from scipy import special

from ecops.competitors.elasticity.panel import weekly
from ecops.errors import unknown_name
from ecops.messages import Message, Term

if TYPE_CHECKING:
    import pandas as pd

Floats = NDArray[np.float64]

CONTROLS = ("promo", "peak", "rival_price", "trend", "fourier")
LEAST_WEEKS = 20
LEAST_SPREAD = 0.03
"""Deviation of ln(price) below which a price counts as unchanged."""

LEAST_OWN_SPREAD = 0.02
"""Deviation of ln(price) that must remain when promotions, season and the like are taken out."""

MOST_ZERO = 0.1
_YEAR = 364.0
_PAIRS = 2
_LAGS = 4
_LEAST_SHARED = 3
_FOLLOWS = 2.576
"""z from which on a price counts as following sales: 1 % of those that do not are refused."""

REASONS: Mapping[str, Term] = {
    "": Term(en="told by the data", zh="数据可以识别"),
    "few_weeks": Term(en="fewer than 20 weeks with sales", zh="有销售的周数不足 20"),
    "no_change": Term(en="the price hardly changed", zh="价格几乎没有变过"),
    "with_others": Term(
        en="the price only moved together with promotions or the season", zh="价格只随促销或季节一起变动"
    ),
    "follows_sales": Term(
        en="the price followed sales, so it is not known which moved which", zh="价格跟着销量变，分不清谁影响谁"
    ),
    "no_sales": Term(en="too many weeks without a sale", zh="没有销量的周太多"),
}
"""Why a product has no elasticity."""


@dataclass(frozen=True)
class Elasticities:
    """How sales answer to prices.

    Attributes:
        table: one row a product, sorted by sku: sku, weeks, spread (deviation of ln(price)), own_spread (what is left
            of it without the controls), price (of the last week), units (a day, mean of the last four weeks), lowest
            and highest (prices seen), raw and raw_error (the product's own estimate), elasticity, low, high (95 %,
            shrunk where there are several products), identified, reason (key of `REASONS`). Numbers are NaN where not
            identified.
        mean, spread: the typical elasticity of the products and its deviation between them; NaN without identified
            ones.
        shrunk: whether products lent each other strength.
        controls: what was held constant.
    """

    table: pd.DataFrame
    mean: float
    spread: float
    shrunk: bool
    controls: tuple[str, ...]

    @property
    def identified(self) -> int:
        """Products with a number."""
        return int(self.table["identified"].sum())


def fit_elasticity(panel: pd.DataFrame, controls: Sequence[str] = CONTROLS, *, shrink: bool = True) -> Elasticities:
    """Elasticities of every product.

    Args:
        panel: days or weeks, see `weekly`.
        controls: what is held constant, of `CONTROLS`; one that the panel does not tell is left out. The season needs a
            year.
        shrink: let products lend each other strength.

    Raises:
        SpecError: no such control.
        DataError: a column is missing.
    """
    import pandas as pd

    for name in controls:
        if name not in CONTROLS:
            raise unknown_name(Message("The control"), name, CONTROLS)
    rows = [_one(str(sku), part, tuple(controls)) for sku, part in weekly(panel).groupby("sku", sort=True)]
    columns = ["sku", "weeks", "spread", "own_spread", "price", "units", "lowest", "highest", "raw", "raw_error",
               "freedom", "follows", "reason"]  # fmt: skip
    table = pd.DataFrame(rows, columns=columns)
    table = table.assign(reason=_refused(table))
    known = (table["reason"] == "").to_numpy()
    raw, error = table["raw"].to_numpy(np.float64), table["raw_error"].to_numpy(np.float64)
    estimate, spread_error, freedom = raw.copy(), error.copy(), table["freedom"].to_numpy(np.float64)
    mean = tau = math.nan
    if known.any():
        mean, tau, mean_error = pooled(raw[known], error[known])
        if shrink and known.sum() >= _LEAST_SHARED:
            estimate[known], spread_error[known] = shrunk(raw[known], error[known], mean, tau, mean_error)
    half = spread_error * special.stdtrit(np.where(known, freedom, 10), 0.975)
    told = table.assign(elasticity=estimate, low=estimate - half, high=estimate + half, identified=known)
    order = [*columns[:10], "elasticity", "low", "high", "identified", "reason"]
    return Elasticities(told[order], mean, tau, bool(shrink and known.sum() >= _LEAST_SHARED), tuple(controls))


def _one(sku: str, rows: pd.DataFrame, controls: tuple[str, ...]) -> tuple[object, ...]:
    rows = rows.sort_values("date")
    price, units = rows["price"].to_numpy(np.float64), rows["units"].to_numpy(np.float64)
    sold = units > 0
    seen = (float(price[-1]), float(units[-4:].mean()), float(price.min()), float(price.max()))
    log_price = np.log(price[sold])
    spread = float(log_price.std(ddof=1)) if sold.sum() > 1 else 0.0
    nothing = (math.nan,) * 4

    def told(reason: str, own: float = math.nan, found: tuple[float, ...] = nothing) -> tuple[object, ...]:
        return (sku, int(sold.sum()), spread, own, *seen, *found, reason)

    if sold.sum() < LEAST_WEEKS:
        return told("few_weeks")
    if (~sold).mean() > MOST_ZERO:
        return told("no_sales")
    if spread < LEAST_SPREAD:
        return told("no_change")
    held = _held(rows[sold], controls)
    if len(log_price) - held.shape[1] - 1 < LEAST_WEEKS // 2:
        return told("few_weeks")
    left = log_price - held @ np.linalg.lstsq(held, log_price, rcond=None)[0]
    own = float(np.sqrt((left**2).sum() / (len(left) - held.shape[1])))
    if own < LEAST_OWN_SPREAD:
        return told("with_others", own)
    found = _regressed(left, np.log(units[sold]), held)
    return told("", own, (*found, _follows(rows[sold], left, np.log(units[sold]), held)))


def _follows(rows: pd.DataFrame, left: Floats, log_units: Floats, held: Floats) -> float:
    """How strongly a price answers to the sales of the week before, beyond its own past: a z value (Granger 1969).

    A price that is set without looking at sales does not. Where it does, sales of a good week raise the next price, and
    the regression of sales on prices mixes both directions.
    """
    rest = log_units - held @ np.linalg.lstsq(held, log_units, rcond=None)[0]
    week = rows["date"].to_numpy(dtype="datetime64[D]").astype(np.int64)
    next_week = np.flatnonzero(np.diff(week) == 7)
    if len(next_week) < LEAST_WEEKS:
        return math.nan
    past = np.column_stack([np.ones(len(next_week)), left[next_week], rest[next_week]])
    answer, _rss, rank, _values = np.linalg.lstsq(past, left[next_week + 1], rcond=None)
    freedom = len(next_week) - 3
    residual = left[next_week + 1] - past @ answer
    if rank < 3 or not float(residual @ residual) > 0:
        return math.nan
    error = math.sqrt(float(residual @ residual) / freedom * float(np.linalg.inv(past.T @ past)[2, 2]))
    tail = float(special.stdtr(freedom, -abs(float(answer[2]) / error)))
    return float(np.sign(answer[2]) * -special.ndtri(max(tail, 1e-300)))


def _refused(table: pd.DataFrame) -> list[str]:
    """Why each product has no number, those of the single products and what they show together.

    Whoever prices one product by its sales does so with all: the products' z values are joined (Stouffer).
    """
    z = table["follows"].to_numpy(np.float64)
    there = np.isfinite(z) & (table["reason"] == "").to_numpy()
    together = abs(float(z[there].sum())) / math.sqrt(max(int(there.sum()), 1))
    follows = there & ((np.abs(z) > _FOLLOWS) | (together > _FOLLOWS))
    return list(np.where(follows, "follows_sales", table["reason"].to_numpy(str)))


def _held(rows: pd.DataFrame, controls: tuple[str, ...]) -> Floats:
    """What is held constant: a column each that changes and is not the sum of others, and the constant."""
    day = (rows["date"] - rows["date"].min()).dt.days.to_numpy(np.float64)
    columns = [np.ones(len(rows))]
    columns += [rows[name].to_numpy(np.float64) for name in ("promo", "peak") if name in controls]
    if "rival_price" in controls and rows["rival_price"].notna().all():
        columns.append(np.log(rows["rival_price"].to_numpy(np.float64)))
    if "trend" in controls:
        columns.append(day / _YEAR)
    if "fourier" in controls and day.max() >= _YEAR - 7:
        turn = 2 * math.pi * day / 365.25
        columns += [wave(turn * pair) for pair in range(1, _PAIRS + 1) for wave in (np.sin, np.cos)]
    kept: list[Floats] = []
    for column in columns:
        if kept:
            known = np.column_stack(kept)
            rest = column - known @ np.linalg.lstsq(known, column, rcond=None)[0]
            if np.sqrt((rest**2).mean()) < 1e-6 * max(1.0, float(np.abs(column).max())):
                continue
        kept.append(column)
    return np.column_stack(kept)


def _regressed(left: Floats, log_units: Floats, held: Floats) -> tuple[float, float, float]:
    """Slope on what is left of ln(price), its error, and its degrees of freedom (Frisch, Waugh and Lovell)."""
    rest = log_units - held @ np.linalg.lstsq(held, log_units, rcond=None)[0]
    square = float(left @ left)
    slope = float(left @ rest) / square
    residual = rest - slope * left
    freedom = len(left) - held.shape[1] - 1
    plain = float(residual @ residual) / freedom / square
    moment = left * residual
    kernel = float(moment @ moment)
    for lag in range(1, _LAGS + 1):
        kernel += 2 * (1 - lag / (_LAGS + 1)) * float(moment[lag:] @ moment[:-lag])
    robust = kernel / square**2 * len(left) / freedom
    return slope, math.sqrt(max(plain, robust)), float(freedom)


def pooled(raw: Floats, error: Floats) -> tuple[float, float, float]:
    """Mean and deviation of the true values behind estimates, and the error of the mean.

    The deviation is that for which the weighted squares have their expected size (Paule and Mandel).
    """
    from scipy import optimize

    if len(raw) < 2:
        return float(raw[0]), math.nan, float(error[0])

    def excess(variance: float) -> float:
        weight = 1 / (error**2 + variance)
        mean = (weight * raw).sum() / weight.sum()
        return float((weight * (raw - mean) ** 2).sum()) - (len(raw) - 1)

    top = float(raw.var(ddof=1)) * len(raw) + 1e-9
    variance = optimize.brentq(excess, 0.0, top) if excess(0.0) > 0 > excess(top) else 0.0
    weight = 1 / (error**2 + variance)
    return float((weight * raw).sum() / weight.sum()), math.sqrt(variance), float(1 / math.sqrt(weight.sum()))


def shrunk(raw: Floats, error: Floats, mean: float, spread: float, mean_error: float) -> tuple[Floats, Floats]:
    """Estimates drawn towards their mean by how unsure each is, and their errors, that of the mean included."""
    pull = error**2 / (error**2 + spread**2)
    variance = (1 - pull) * error**2 + pull**2 * mean_error**2
    # With the deviation itself estimated from few products, the pull is unsure too (Morris 1983, section 4).
    variance += 2 / max(len(raw) - 3, 1) * pull**2 * (raw - mean) ** 2
    return mean + (1 - pull) * (raw - mean), np.sqrt(variance)
