"""A learned forecast for shops whose customers order often: gradient boosting on the window before."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

import numpy as np

from ecops.customers.orders.book import Floats, OrderBook, day_number
from ecops.customers.value.history import History, history

_WINDOWS = (14, 30, 90)
_LEAST = 500
_MOST = 200_000


@dataclass(frozen=True, eq=False)
class Boosted:
    """Two learned functions of a customer's history: orders in the next days, and whether there is any.

    Attributes:
        days: the horizon it was taught.
    """

    days: int
    _orders: Any
    _any: Any

    def expected(self, book: OrderBook, past: History) -> Floats:
        """(n,) orders expected in the next `days` days."""
        return np.maximum(np.asarray(self._orders.predict(_features(book, past)), dtype=np.float64), 0.0)

    def buys(self, book: OrderBook, past: History) -> Floats:
        """(n,) probability of an order in the next `days` days."""
        return np.asarray(self._any.predict_proba(_features(book, past))[:, 1], dtype=np.float64)


def fit_boosted(book: OrderBook, end: dt.date, days: int, seed: int = 7) -> Boosted | None:
    """Teach it what the histories of `days` days before `end` became by then; None with too few customers."""
    from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

    start = end - dt.timedelta(days=days)
    if day_number(start) - day_number(book.first_day) < days:
        return None
    past = history(book, start)
    if len(past) < _LEAST:
        return None
    features = _features(book, past)
    first, last = day_number(start), day_number(end)
    inside = (book.day > first) & (book.day <= last)
    fresh = inside & np.concatenate([[True], (np.diff(book.day) != 0) | (np.diff(book.customer) != 0)])
    came = np.bincount(book.customer[fresh], minlength=len(book.customers))[past.customer]
    if not 0 < (came > 0).mean() < 1:
        return None
    chosen = np.arange(len(past)) if len(past) <= _MOST else np.linspace(0, len(past) - 1, _MOST).astype(np.int64)
    shape: dict[str, Any] = {"max_iter": 120, "learning_rate": 0.06, "min_samples_leaf": 40, "random_state": seed}
    return Boosted(
        days,
        HistGradientBoostingRegressor(loss="poisson", **shape).fit(features[chosen], came[chosen]),
        HistGradientBoostingClassifier(**shape).fit(features[chosen], came[chosen] > 0),
    )


def _features(book: OrderBook, past: History) -> Floats:
    """(n, features) what is known of each customer at the end of her history."""
    end = day_number(past.end)
    recent = []
    for window in _WINDOWS:
        inside = (book.day <= end) & (book.day > end - window)
        recent.append(np.bincount(book.customer[inside], minlength=len(book.customers))[past.customer])
    return np.column_stack(
        [past.repeats, past.age - past.last, past.age, np.nan_to_num(past.spend, nan=-1.0), *recent]
    ).astype(np.float64)
