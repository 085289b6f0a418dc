"""How good were the forecasts: fitted on what was known then, held against what came.

The naive forecast (each customer goes on at her own past rate) stands beside every model. The mean absolute error is a
bad judge where most customers order nothing (zero for everybody looks good), so models are chosen by Poisson deviance.
"""

from __future__ import annotations

import datetime as dt
import functools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ecops.customers.orders.book import Floats, OrderBook, day_number
from ecops.customers.value.boosted import fit_boosted
from ecops.customers.value.history import History, history
from ecops.customers.value.purchases import Purchases, fit_purchases
from ecops.errors import DataError, SpecError
from ecops.messages import Message

if TYPE_CHECKING:
    import pandas as pd

NAIVE = "naive"
BOOSTED = "boosted"
MODELS = ("mbg_nbd", "bg_nbd", "nbd")
OFTEN = 1.0
"""Orders a customer and horizon from which on the boosted model is tried: before, its window holds too little."""

_LEAST_DAYS = 90
_LEAST_BUYERS = 100
_TINY = 1e-6
_GROUPS = 10


@dataclass(frozen=True, eq=False)
class Fold:
    """One model at one origin.

    Attributes:
        model: "naive" or a model's name.
        end: last day that was known.
        expected, bought: (n,) forecast of orders, and probability of at least one, of each customer.
        actual: (n,) orders that came in the days after.
    """

    model: str
    end: dt.date
    expected: Floats
    bought: Floats
    actual: Floats

    @functools.cached_property
    def bias(self) -> float:
        """Forecast of the total over what came, less 1."""
        return float(self.expected.sum() / self.actual.sum() - 1) if self.actual.sum() else math.nan

    @functools.cached_property
    def mae(self) -> float:
        """Mean absolute error of a customer."""
        return float(np.abs(self.expected - self.actual).mean())

    @functools.cached_property
    def deviance(self) -> float:
        """Mean Poisson deviance; smaller is better."""
        mean = np.maximum(self.expected, _TINY)
        ratio = np.where(self.actual > 0, self.actual / mean, 1.0)
        return float(2 * (self.actual * np.log(ratio) - (self.actual - mean)).mean())

    @functools.cached_property
    def gini(self) -> float:
        """How well customers are ranked: 0 for chance, higher is better; equal forecasts share their place."""
        total = self.actual.sum()
        if not total:
            return math.nan
        levels, place = np.unique(-self.expected, return_inverse=True)
        people = np.bincount(place, minlength=len(levels)) / len(self.actual)
        orders = np.bincount(place, weights=self.actual, minlength=len(levels)) / total
        above = np.concatenate([[0.0], np.cumsum(orders)[:-1]])
        return float(2 * (people @ (above + orders / 2)) - 1)

    @functools.cached_property
    def captured(self) -> float:
        """Share of all orders that the tenth with the highest forecasts placed."""
        best = np.argsort(-self.expected, kind="stable")[: max(1, round(len(self.actual) / _GROUPS))]
        return float(self.actual[best].sum() / self.actual.sum()) if self.actual.sum() else math.nan

    def calibration(self) -> tuple[Floats, Floats, Floats]:
        """Ten groups of equal size by forecast probability: (mean forecast, share that ordered, customers)."""
        order = np.argsort(self.bought, kind="stable")
        group = np.arange(len(order)) * _GROUPS // len(order)
        people = np.bincount(group, minlength=_GROUPS).astype(np.float64)
        with np.errstate(invalid="ignore"):
            told = np.bincount(group, weights=self.bought[order], minlength=_GROUPS) / people
            came = np.bincount(group, weights=self.actual[order] > 0, minlength=_GROUPS) / people
        return told, came, people

    @functools.cached_property
    def calibration_error(self) -> float:
        """Mean distance of forecast and actual share over the ten groups (expected calibration error)."""
        told, came, people = self.calibration()
        return float(np.nansum(np.abs(told - came) * people) / people.sum())


@dataclass(frozen=True, eq=False)
class Backtest:
    """All models at all origins.

    Attributes:
        folds: newest origin first, every model of an origin together.
        horizon_days: days ahead.
        best: model with the smallest mean deviance; never "naive", which is a yardstick.
        notes: models that were left out, and why.
    """

    folds: tuple[Fold, ...]
    horizon_days: int
    best: str
    notes: tuple[Message, ...]

    def of(self, model: str) -> list[Fold]:
        """The folds of a model, newest origin first."""
        return [fold for fold in self.folds if fold.model == model]

    def table(self) -> pd.DataFrame:
        """One row a model and origin.

        Columns: model, end, customers, actual, forecast, bias, mae, deviance, gini, captured, calibration_error.
        """
        import pandas as pd

        return pd.DataFrame(
            [
                {
                    "model": fold.model,
                    "end": fold.end,
                    "customers": len(fold.actual),
                    "actual": float(fold.actual.sum()),
                    "forecast": float(fold.expected.sum()),
                    "bias": fold.bias,
                    "mae": fold.mae,
                    "deviance": fold.deviance,
                    "gini": fold.gini,
                    "captured": fold.captured,
                    "calibration_error": fold.calibration_error,
                }
                for fold in self.folds
            ]
        )

    def spread(self, model: str, level: float = 0.95) -> tuple[float, float]:
        """Factors on a forecast total between which the total is expected to lie, from past errors of totals.

        The root mean square of log(actual / forecast), as a t interval with one more origin to come; a model's own
        interval would be far too narrow, since calendar and campaigns move all customers together.
        """
        from scipy import special

        ratios = [
            math.log(fold.actual.sum() / fold.expected.sum())
            for fold in self.of(model)
            if fold.actual.sum() > 0 and fold.expected.sum() > 0
        ]
        if not ratios:
            return math.nan, math.nan
        many = len(ratios)
        error = math.sqrt(sum(ratio**2 for ratio in ratios) / many)
        width = float(special.stdtrit(many, (1 + level) / 2)) * error * math.sqrt(1 + 1 / many)
        return math.exp(-width), math.exp(width)


def backtest(
    book: OrderBook, *, horizon_days: int = 90, folds: int = 3, models: Sequence[str] = MODELS, boosted: bool = True
) -> Backtest:
    """Forecast from several origins in the past, each one horizon before the next.

    Args:
        book: of `order_book`.
        horizon_days: days ahead, 7 to 366.
        folds: origins, as far as the data reaches back.
        models: models of purchases.
        boosted: also try the boosted model where customers order often.

    Raises:
        SpecError: a horizon or number of folds that makes no sense.
        DataError: not one origin has 90 days and 100 buyers before it.
    """
    if not 7 <= horizon_days <= 366 or folds < 1:
        raise SpecError(
            Message("A backtest looks 7 to 366 days ahead from one origin or more."), Message("Ninety days are usual.")
        )
    last = day_number(book.last_day)
    found: list[Fold] = []
    notes: list[Message] = []
    for place in range(1, folds + 1):
        end = book.last_day - dt.timedelta(days=place * horizon_days)
        if last - place * horizon_days - day_number(book.first_day) < _LEAST_DAYS:
            break
        past = history(book, end)
        if len(past) < _LEAST_BUYERS:
            break
        found += _origin(book, past, horizon_days, models, boosted, notes)
    if not found:
        raise DataError(
            Message("The data is too short to hold a forecast of {n} days against what came.", n=horizon_days),
            Message("There must be 90 days and 100 buyers before the first origin."),
        )
    tried = dict.fromkeys(fold.model for fold in found if fold.model != NAIVE)
    # A model must have been fit at every origin to be compared with the others.
    whole = max(sum(fold.model == model for fold in found) for model in tried)
    deviance = {
        model: float(np.mean([fold.deviance for fold in found if fold.model == model]))
        for model in tried
        if sum(fold.model == model for fold in found) == whole
    }
    return Backtest(
        tuple(found), horizon_days, min(deviance, key=lambda model: deviance[model]), tuple(dict.fromkeys(notes))
    )


def _origin(
    book: OrderBook, past: History, days: int, models: Sequence[str], boosted: bool, notes: list[Message]
) -> list[Fold]:
    actual = ordered_days(book, past, days)
    rate = past.repeats / np.maximum(past.age, 1)
    found = [Fold(NAIVE, past.end, rate * days, -np.expm1(-rate * days), actual)]
    fitted: list[Purchases] = []
    for model in models:
        fit = fit_purchases(past, model)  # type: ignore[arg-type]
        if fit.degenerate is not None:
            notes.append(fit.degenerate)
            continue
        fitted.append(fit)
    if not fitted:
        fitted = [fit_purchases(past, "nbd")]
    found += [Fold(fit.model, past.end, fit.expected(past, days), fit.buys(past, days), actual) for fit in fitted]
    if boosted and rate.mean() * days >= OFTEN:
        learned = fit_boosted(book, past.end, days)
        if learned is not None:
            found.append(Fold(BOOSTED, past.end, learned.expected(book, past), learned.buys(book, past), actual))
    return found


def ordered_days(book: OrderBook, past: History, days: int) -> Floats:
    """(n,) days with an order in the `days` days after the end of the histories."""
    end = day_number(past.end)
    inside = (book.day > end) & (book.day <= end + days)
    day, who = book.day[inside], book.customer[inside]
    fresh = np.ones(len(day), dtype=bool)
    fresh[1:] = (np.diff(day) != 0) | (np.diff(who) != 0)
    return np.bincount(who[fresh], minlength=len(book.customers))[past.customer].astype(np.float64)
