"""What a shop's tables say about presales: campaigns, usual sales, costs, stock."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from ecops.engine import load_sql
from ecops.errors import DataError
from ecops.messages import Message
from ecops.metrics.daily import opened
from ecops.periods import ONE_DAY
from ecops.presale.campaigns.reading import SETTLED_AFTER, campaigns
from ecops.presale.campaigns.series import Floats, Series
from ecops.presale.campaigns.setup import SetUp, dated, planned, setups
from ecops.presale.futures.predict import Demand
from ecops.presale.spec import Spec

if TYPE_CHECKING:
    import pandas as pd

_QUERIES = "ecops.presale.queries"
_MONTH = 28
_LEAST_BASE = 7
_YEAR = 365
_UNKNOWN_VARIATION = 0.3
_BOUNDS = (0.05, 1.5)


@dataclass(frozen=True, slots=True)
class Shop:
    """Everything a presale is judged by, on one day.

    Attributes:
        today: the last day known.
        past, running: see `ecops.presale.campaigns.reading.Campaigns`, with spot sales and their base filled in.
        demand: usual spot demand of each product.
        returns: share of each product's units that was refunded in the last year, after they were shipped.
        cancelled: share of each product's paid units that was given back in the last year before it was shipped; only
            where orders tell when they were shipped.
        setups: what was set up for each campaign.
        terms: one row a product: sku, title, price, cost, moq, pack, lead_days, available; NaN where unknown.
        shipped: units that the whole shop sells on a usual day; NaN without orders.
        visits: visitors a day by product, see `queries/visits.sql`.
        currency: ISO code, "" when nothing says it.
        notes: what was left out or supposed.
    """

    today: dt.date
    past: tuple[Series, ...]
    running: tuple[Series, ...]
    demand: Mapping[str, Demand]
    returns: Mapping[str, float]
    cancelled: Mapping[str, float]
    setups: Mapping[str, SetUp]
    terms: pd.DataFrame
    shipped: float
    visits: pd.DataFrame
    currency: str
    notes: tuple[Message, ...]


def ask(data: Any, name: str, **values: Any) -> pd.DataFrame:
    """The answer to one of the questions in `queries/`."""
    frame: pd.DataFrame = data.query(load_sql(_QUERIES, name), values).to_pandas()
    return frame.astype({"sku": "str"}) if frame.empty and "sku" in frame else frame


def last_day(data: Any) -> dt.date:
    """The last day with a deposit or a payment.

    Raises:
        DataError: there is no presale.
    """
    ready = opened(data)
    if not ready.has("presale_deposits"):
        raise DataError(
            Message("There are no presale deposits."),
            Message("Load a table with campaign, product, day and deposits; past campaigns too, with balances paid."),
        )
    return _date(ask(ready, "last_day")["last_day"].iloc[0])


def read(data: Any, spec: Spec, today: dt.date | None = None) -> Shop:
    """Read a shop's tables.

    Args:
        data: opened data, or tables by name.
        spec: the days to cover.
        today: the last day to look at; the last day with a deposit or a payment when None.

    Raises:
        DataError: there is no presale.
    """
    ready: Any = opened(data)
    last = last_day(ready)
    day = min(today, last) if today is not None else last
    known = setups(ready)
    rows = dated(ask(ready, "deposits", until=day), known)
    if rows.empty:
        raise DataError(
            Message("There was no presale up to {day}.", day=day), Message("Choose a later day, or load deposits.")
        )
    products = ask(ready, "terms")
    told = campaigns(rows, day, set(products["sku"]))
    running = (*told.running, *planned(known, (*told.running, *told.past), day))
    if not told.past and not running:
        raise DataError(
            Message("No deposit lies between the first and the last day of its campaign."),
            Message("Check the days of the campaigns in the table of deposits."),
        )
    sold = ask(ready, "sold", until=day)
    daily = _daily(sold, day, told.past)
    past = tuple(_with_spot(series, daily, spec.cover_days, day) for series in told.past)
    skus = sorted({series.sku for series in (*past, *running)})
    demand = {sku: _demand(daily.get(sku), rows[rows["sku"] == sku], past, sku, spec.cover_days, day) for sku in skus}
    start = day - (_MONTH - 1) * ONE_DAY
    shipped = ask(ready, "shipped", start=start, until=day)["units"].iloc[0]
    first = min((series.opens for series in (*past, *running)), default=day)
    cancelled = _cancelled(ask(ready, "cancelled", start=day - (_YEAR - 1) * ONE_DAY, until=day))
    return Shop(
        today=day,
        past=past,
        running=running,
        demand=demand,
        returns={sku: max(share - cancelled.get(sku, 0.0), 0.0) for sku, share in _returns(sold, day).items()},
        cancelled=cancelled,
        setups=known,
        terms=_terms(ready, products, day),
        shipped=float(shipped) if shipped is not None and math.isfinite(shipped) and shipped > 0 else math.nan,
        visits=ask(ready, "visits", start=first, until=day),
        currency=ready.currency,
        notes=told.notes,
    )


def _returns(sold: pd.DataFrame, today: dt.date) -> dict[str, float]:
    """Share of each product's units that was refunded, of the last year."""
    if sold.empty:
        return {}
    recent = sold[sold["date"].map(lambda value: (today - _date(value)).days < _YEAR)]
    sums = recent.groupby("sku")[["units", "refunded"]].sum()
    shares = (sums["refunded"] / sums["units"])[sums["units"] > 0]
    return {str(sku): float(share) for sku, share in shares.items()}


def _cancelled(units: pd.DataFrame) -> dict[str, float]:
    """Share of each product's paid units that was given back before it was shipped."""
    told = units[units["units"] > 0]
    return {str(sku): float(share) for sku, share in zip(told["sku"], told["cancelled"] / told["units"], strict=True)}


@dataclass(frozen=True, slots=True)
class _Days:
    """Units of a product a day: all that was sold, and what of it was no balance of a presale."""

    start: dt.date
    sold: Floats
    spot: Floats

    def span(self, first: dt.date, last: dt.date) -> slice:
        """Columns of the days from `first` to `last`, both included, as far as they are known."""
        return slice(max((first - self.start).days, 0), max((last - self.start).days + 1, 0))


def _daily(sold: pd.DataFrame, today: dt.date, past: tuple[Series, ...]) -> dict[str, _Days]:
    """Sales of every product day by day, balances of presales taken off the first days on which they may be paid."""
    found: dict[str, _Days] = {}
    if sold.empty:
        return found
    start = min(_date(value) for value in sold["date"])
    for sku, rows in sold.groupby("sku"):
        units = np.zeros((today - start).days + 1)
        places = rows["date"].map(lambda value: (_date(value) - start).days).to_numpy(dtype=np.int64)
        np.add.at(units, places, rows["units"].to_numpy(dtype=np.float64))
        spot = units.copy()
        for series in past:
            if series.sku == sku and series.paid > 0 and series.balance_from >= start:
                first = (series.balance_from - start).days
                window = slice(first, first + SETTLED_AFTER)
                taken = np.minimum(np.cumsum(spot[window]), series.paid)
                spot[window] -= np.diff(taken, prepend=0.0)
        found[str(sku)] = _Days(start, units, spot)
    return found


def _with_spot(series: Series, daily: dict[str, _Days], cover: int, today: dt.date) -> Series:
    """A past series with what was sold besides, what was usual before, and how busy its busiest day was."""
    days = daily.get(series.sku)
    if days is None or series.balance_from < days.start:
        return series
    before = days.spot[days.span(series.opens - _MONTH * ONE_DAY, series.opens - ONE_DAY)]
    base = float(before.mean()) if len(before) >= _LEAST_BASE else math.nan
    end = series.balance_from + (cover - 1) * ONE_DAY
    if end > today:
        return replace(series, base=base)
    window = days.span(series.balance_from, end)
    whole = float(days.sold[window].sum())
    share = float(days.sold[window].max()) / whole if whole > 0 else math.nan
    # Without balances told apart nothing says what was sold besides.
    spot = float(days.spot[window].sum()) if math.isfinite(series.paid) else math.nan
    return replace(series, base=base, spot=spot, peak_share=share)


def _demand(
    days: _Days | None, rows: pd.DataFrame, past: tuple[Series, ...], sku: str, cover: int, today: dt.date
) -> Demand:
    """Usual spot demand: the mean of the last four weeks, and how far such means were off in the past."""
    if days is None and rows.empty:
        return Demand(0.0, _UNKNOWN_VARIATION)
    if days is None:
        recent = rows[rows["date"].map(lambda value: (today - _date(value)).days < _MONTH)]
        told = recent["spot"].dropna()
        return Demand(float(told.mean()) if len(told) else 0.0, _UNKNOWN_VARIATION)
    usual = np.ones(len(days.spot), dtype=np.bool_)
    for series in past:
        if series.sku == sku:
            usual[days.span(series.balance_from, series.balance_from + SETTLED_AFTER * ONE_DAY)] = False
    spot = np.where(usual, days.spot, np.nan)
    last = spot[-_MONTH:]
    rate = float(np.nanmean(last)) if np.isfinite(last).any() else float(days.spot[-_MONTH:].mean())
    return Demand(rate, variation(spot, cover))


def variation(spot: Floats, cover: int) -> float:
    """Coefficient of variation of the mean of `cover` days around a four weeks' mean, beyond Poisson's.

    Args:
        spot: units a day, shape (days,); NaN on days that are not usual.
        cover: days.
    """
    wrong = expected = chance = 0.0
    count = 0
    for end in range(_MONTH, len(spot) - cover + 1, cover):
        before, after = spot[end - _MONTH : end], spot[end : end + cover]
        if np.isnan(before).any() or np.isnan(after).any() or before.sum() <= 0:
            continue
        guess = float(before.mean()) * cover
        wrong += (float(after.sum()) - guess) ** 2
        expected += guess**2
        chance += guess * (1 + cover / _MONTH)
        count += 1
    if count < 8:
        return _UNKNOWN_VARIATION
    return float(np.clip(math.sqrt(max(wrong - chance, 0.0) / expected), *_BOUNDS))


def _terms(data: Any, products: pd.DataFrame, today: dt.date) -> pd.DataFrame:
    """What is known of every product that is listed or counted."""
    import pandas as pd

    held = ask(data, "available", until=today)
    skus = sorted({*products["sku"], *held["sku"]})
    found = pd.DataFrame({"sku": pd.Series(skus, dtype="str")})
    for other in (products, held.rename(columns={"cost": "counted_cost"})):
        found = found.merge(other, on="sku", how="left") if len(other) else found.assign(
            **{str(name): np.nan for name in other.columns if name != "sku"}
        )  # fmt: skip
    numbers = ["price", "cost", "counted_cost", "moq", "pack", "lead_days", "available"]
    found[numbers] = found[numbers].apply(pd.to_numeric, errors="coerce").astype(float)
    found["cost"] = found["cost"].fillna(found["counted_cost"])
    return found.drop(columns="counted_cost").set_index("sku")


def coming(data: Any, today: dt.date, by: dt.date) -> Mapping[str, float]:
    """Units on the way that are promised by a day, by product."""
    ready = opened(data)
    if not ready.has("purchase_orders"):
        return {}
    rows = ask(ready, "coming", today=today, by=by)
    return dict(zip(rows["sku"], rows["units"].astype(float), strict=True))


def _date(value: Any) -> dt.date:
    found: dt.date = value.date() if hasattr(value, "date") else value
    return found
