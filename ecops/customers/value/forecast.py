"""What will customers bring: the door to the models, which says no where the history is too short."""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from ecops.customers.orders.book import Floats, OrderBook, day_number
from ecops.customers.value.backtest import BOOSTED, Backtest, backtest
from ecops.customers.value.boosted import Boosted, fit_boosted
from ecops.customers.value.history import History, history
from ecops.customers.value.likelihoods import MODELS
from ecops.customers.value.purchases import Purchases, fit_purchases
from ecops.customers.value.spending import Spending, fit_spending
from ecops.errors import DataError, SpecError, unknown_name
from ecops.messages import Count, Message, Money, MoneyRange

if TYPE_CHECKING:
    import pandas as pd

Status = Literal["ok", "degenerate", "too_small"]
"""ok: the model asked for, or the best. degenerate: leaving cannot be estimated; the model without leaving is used.
too_small: no forecast."""

LEAST_BUYERS = 500
LEAST_DAYS = 180
MONTH_DAYS = 30.4375
_FAR = 730
_WIDE = 2.0
"""Total that may come over the forecast from which on a plan cannot rest on it, and this is said."""


@dataclass(frozen=True, eq=False)
class Prediction:
    """What is expected of every customer in the next days.

    Attributes:
        past: the histories it starts from; `past.customer` are indices into the book.
        horizon_days: how far ahead.
        orders: (n,) expected days with an order.
        buys: (n,) probability of at least one; 1 less it is the probability of staying away.
        spend: (n,) expected money of an order; NaN throughout where spending could not be modelled.
        value: (n,) orders times spend.
        next_days: (n,) days from the end of the data until the next order with a probability of one half; NaN where
            that is more than two years away, or even ever is less probable.
        total: sum of `value`; low, high: 95 % interval from the errors of totals in the backtest, NaN without one.
    """

    past: History
    horizon_days: int
    orders: Floats
    buys: Floats
    spend: Floats
    value: Floats
    next_days: Floats
    total: float
    low: float
    high: float

    def frame(self, book: OrderBook) -> pd.DataFrame:
        """One row a customer: customer, orders, buys, spend, value, next_order (a date, NaT when not expected)."""
        import pandas as pd

        wait = pd.to_timedelta(np.ceil(self.next_days), unit="D")
        return pd.DataFrame(
            {
                "customer": book.names(self.past.customer),
                "orders": self.orders,
                "buys": self.buys,
                "spend": self.spend,
                "value": self.value,
                "next_order": pd.Timestamp(self.past.end) + wait,
            }
        )


@dataclass(frozen=True, eq=False)
class Value:
    """A fitted forecast.

    Attributes:
        status: see `Status`. reason: why it is not "ok"; None when it is.
        model: what is used; "" when too small.
        purchases, spending: the fitted models; None when too small (spending also where it has no mean).
        backtest: how it did before; None when the data is too short for one.
        book, past: what it was fitted on.
        notes: caveats.
        vague: totals missed by so much before that none can be planned with; the order of customers still holds.
    """

    status: Status
    reason: Message | None
    model: str
    purchases: Purchases | None
    spending: Spending | None
    backtest: Backtest | None
    book: OrderBook
    past: History
    notes: tuple[Message, ...]
    vague: bool = False

    def predict(self, horizon_days: int = 90) -> Prediction:
        """What is expected of every customer in the next `horizon_days` days.

        Raises:
            DataError: the history was too small for a forecast.
            SpecError: not a number of days from 1 to 730.
        """
        if self.purchases is None:
            assert self.reason is not None
            raise DataError(self.reason)
        if not 1 <= horizon_days <= _FAR:
            raise SpecError(Message("A forecast looks 1 to 730 days ahead."), Message("Ninety days are usual."))
        past, fit = self.past, self.purchases
        learned = self._learned(horizon_days)
        orders = fit.expected(past, horizon_days) if learned is None else learned.expected(self.book, past)
        buys = fit.buys(past, horizon_days) if learned is None else learned.buys(self.book, past)
        spend = self.spending.expected(past) if self.spending is not None else np.full(len(past), np.nan)
        value = orders * spend
        total = float(value.sum())
        low, high = self.backtest.spread(self.model) if self.backtest is not None else (math.nan, math.nan)
        wait = fit.next_order(past)
        wait = np.where(wait <= _FAR, wait, np.nan)
        return Prediction(past, horizon_days, orders, buys, spend, value, wait, total, total * low, total * high)

    def _learned(self, horizon_days: int) -> Boosted | None:
        return fit_boosted(self.book, self.past.end, horizon_days) if self.model == BOOSTED else None

    def lifetime(self, months: int = 12, monthly_discount: float = 0.01, month_days: float = MONTH_DAYS) -> Floats:
        """(n,) discounted money of the next months, each month's orders paid at its end.

        Raises:
            DataError: no forecast of money can be made.
        """
        if self.purchases is None or self.spending is None:
            raise DataError(
                self.reason or Message("What an order is worth could not be estimated."), Message("Load more orders.")
            )
        before = np.zeros(len(self.past))
        worth = np.zeros(len(self.past))
        for month in range(1, months + 1):
            until = self.purchases.expected(self.past, month * month_days)
            worth += (until - before) / (1 + monthly_discount) ** month
            before = until
        return np.asarray(worth * self.spending.expected(self.past))


def fit_value(
    book: OrderBook, *, model: str = "auto", end: dt.date | None = None, horizon_days: int = 90, folds: int = 3
) -> Value:
    """Fit the forecast of orders and money.

    Args:
        book: of `order_book`.
        model: "auto" takes the best of a backtest, the modified BG/NBD where the data is too short for one; or a name.
        end: last day that is known; the last of the data when None. Without a backtest when given.
        horizon_days: of the backtest.
        folds: origins of the backtest.

    Raises:
        SpecError: no such model.
    """
    if model != "auto" and model not in MODELS:
        raise unknown_name(Message("The model"), model, ("auto", *MODELS))
    past = history(book, end)
    days = day_number(past.end) - day_number(book.first_day) + 1
    small = _too_small(len(past), days, int((past.repeats > 0).sum()))
    if small is not None:
        return Value("too_small", small, "", None, None, None, book, past, ())
    tried = _tried(book, horizon_days, folds) if end is None else None
    chosen = model
    if model == "auto":
        chosen = tried.best if tried is not None else "mbg_nbd"
    fit = fit_purchases(past, "mbg_nbd" if chosen == BOOSTED else chosen)  # type: ignore[arg-type]
    sound = fit if fit.degenerate is None else fit_purchases(past, "nbd")
    reason = _cannot_leave(tried) if fit.degenerate is None else fit.degenerate
    notes: list[Message] = []
    spending = None
    try:
        spending = fit_spending(past)
        notes += spending.notes
    except DataError as error:
        notes.append(error.what)
    used = chosen if fit.degenerate is None else "nbd"
    vague = tried is not None and tried.spread(used)[1] > _WIDE
    if vague:
        notes.append(
            Message(
                "Such forecasts missed their totals by so much before that what comes may be less than half or "
                "more than twice of one."
            )
        )
    return Value(
        "degenerate" if reason is not None else "ok",
        reason,
        used,
        sound,
        spending,
        tried,
        book,
        past,
        tuple(notes),
        vague,
    )


def in_words(value: Value, ahead: Prediction) -> Message:
    """The money of the next days with its interval; without one where no older forecast could be held against facts."""
    likely = Count(int((ahead.buys >= 0.5).sum()))
    if value.vague:
        return Message(
            "{n} customers order in the next {days} days with a probability of one half or more; no total can be told "
            "that could be planned with.",
            n=likely,
            days=ahead.horizon_days,
        )
    money = Money(ahead.total, value.book.currency)
    if not math.isfinite(ahead.low):
        return Message(
            "The next {days} days: about {orders} order days worth {money}.",
            days=ahead.horizon_days,
            orders=Count(float(ahead.orders.sum())),
            money=money,
        )
    return Message(
        "In the next {days} days about {money} ({between}) from known customers; {n} of them order with a "
        "probability of one half or more.",
        days=ahead.horizon_days,
        money=money,
        between=MoneyRange(ahead.low, ahead.high, value.book.currency),
        n=likely,
    )


def _cannot_leave(tried: Backtest | None) -> Message | None:
    """Why "auto" ended with the model without leaving although nothing of it failed: the others were degenerate."""
    if tried is None or tried.best != "nbd" or not tried.notes:
        return None
    return tried.notes[0]


def _tried(book: OrderBook, horizon_days: int, folds: int) -> Backtest | None:
    try:
        return backtest(book, horizon_days=horizon_days, folds=folds)
    except DataError:
        return None


def _too_small(buyers: int, days: int, repeaters: int) -> Message | None:
    if buyers < LEAST_BUYERS or days < LEAST_DAYS:
        return Message(
            "A forecast needs {buyers} buyers and {days} days of orders; there are {n} buyers and {m} days.",
            buyers=LEAST_BUYERS,
            days=LEAST_DAYS,
            n=Count(buyers),
            m=Count(days),
        )
    if repeaters < 30:
        return Message(
            "A forecast needs customers who came back; only {n} ordered on a second day, and 30 are the least.",
            n=Count(repeaters),
        )
    return None
