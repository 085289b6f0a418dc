"""Every order of the shop, paid or not, with its lines; platform writers only change its clothes."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sample_data import customers
from sample_data.demand import CELLS, OWN, PROMOTIONS, STOCK_OUT, Cell, Counts, within
from sample_data.presale import Deposit
from sample_data.shop import BEST_SELLER, DAYS, DEAD_STOCK, POSITION, PRESALE, PRODUCTS, PROVINCES, date_of, day

HOURS = (
    1.6,
    0.9,
    0.5,
    0.3,
    0.3,
    0.5,
    1.2,
    2.4,
    3.6,
    4.8,
    5.8,
    5.6,
    5.4,
    5.0,
    5.0,
    5.2,
    5.2,
    5.0,
    5.0,
    6.0,
    7.6,
    8.6,
    8.4,
    6.0,
)
DEAD_STOCK_LAST_SALE = dt.date(2026, 7, 12)
REFUND_RATE, PARTIAL = 0.065, 0.25
"""Share of paid orders given back, and the share of those of which only the first line is."""


@dataclass(frozen=True, slots=True)
class Line:
    """One product in an order; amounts in yuan, `paid` after all discounts."""

    product: int
    quantity: int
    listed: float
    paid: float
    refund: float


@dataclass(frozen=True, slots=True)
class Order:
    """One order. `paid_at` is None when it was never paid; `buyer` counts inside the platform."""

    platform: str
    channel: str
    device: str
    index: int
    number: int
    buyer: int
    province: int
    ordered_at: dt.datetime
    paid_at: dt.datetime | None
    lines: tuple[Line, ...]
    deposit: bool = False

    @property
    def listed(self) -> float:
        """Sum of the listed prices."""
        return round(sum(line.listed for line in self.lines), 2)

    @property
    def amount(self) -> float:
        """What the buyer paid, or was to pay."""
        return round(sum(line.paid for line in self.lines), 2)

    @property
    def refund(self) -> float:
        """What was given back."""
        return round(sum(line.refund for line in self.lines), 2)

    @property
    def units(self) -> int:
        """Units in all lines."""
        return sum(line.quantity for line in self.lines)

    @property
    def age(self) -> int:
        """Days from the order to the last day of the files."""
        return DAYS - 1 - self.index


def add_presale(counts: dict[Cell, Counts], deposits: list[Deposit]) -> None:
    """Puts the people who pay a balance into the counts of their day, as visits that went all the way."""
    cell = next(cell for cell in CELLS if cell.channel == OWN)
    for deposit in deposits:
        if deposit.paid_at is not None:
            for series in (counts[cell].visitors, counts[cell].carts, counts[cell].orders, counts[cell].pays):
                series[day(deposit.paid_at.date())] += 1


def _product_weights() -> NDArray[np.float64]:
    """Chance of every product on every day, shape (DAYS, products); zero for what is out of stock or sells no more."""
    weights = np.tile([product.weight for product in PRODUCTS], (DAYS, 1)).astype(float)
    weights[within(*STOCK_OUT), POSITION[BEST_SELLER]] = 0.0
    weights[day(DEAD_STOCK_LAST_SALE) + 1 :, POSITION[DEAD_STOCK]] = 0.0
    return weights / weights.sum(axis=1, keepdims=True)


def _discount_rates() -> NDArray[np.float64]:
    rates = np.zeros(DAYS)
    for promotion in PROMOTIONS:
        rates[within(promotion.start, promotion.end)] = promotion.off
    return rates


def _lines(random: np.random.Generator, cumulative: NDArray[np.float64], off: float, paid: bool) -> tuple[Line, ...]:
    """The products of one order, drawn with the cumulated chances of its day."""
    count = int(np.searchsorted((0.80, 0.96, 1.0), random.random(), "right")) + 1
    chosen = dict.fromkeys(
        np.minimum(np.searchsorted(cumulative, random.random(count), "right"), len(PRODUCTS) - 1).tolist()
    )
    quantities = np.searchsorted((0.88, 0.97, 1.0), random.random(len(chosen)), "right") + 1
    listed = [
        round(PRODUCTS[product].price * int(quantity), 2) for product, quantity in zip(chosen, quantities, strict=True)
    ]
    coupon = float(random.choice((0, 5, 10, 20), p=(0.86, 0.06, 0.05, 0.03)))
    share = 1 - off - (coupon / sum(listed) if sum(listed) >= 60 else 0.0)
    refunded = paid and random.random() < REFUND_RATE
    partly = random.random() < PARTIAL
    lines = []
    for position, (product, quantity, price) in enumerate(zip(chosen, quantities, listed, strict=True)):
        amount = round(price * share, 2)
        given_back = amount if refunded and (position == 0 or not partly) else 0.0
        lines.append(Line(product, int(quantity), price, amount, given_back))
    return tuple(lines)


def _moments(random: np.random.Generator, count: int) -> NDArray[np.int64]:
    hours = random.choice(24, count, p=np.array(HOURS) / sum(HOURS))
    return np.sort(hours * 3600 + random.integers(0, 3600, count))


@dataclass(frozen=True, slots=True)
class Book:
    """All orders in the order of time, and the buyer numbers of the planted lapsed customers."""

    orders: list[Order]
    lapsed: set[int]


def _day_orders(
    random: np.random.Generator,
    platform: str,
    index: int,
    slots: list[tuple[Cell, bool]],
    buyers: tuple[NDArray[np.int64], NDArray[np.int64]],
    cumulative: NDArray[np.float64],
    off: float,
) -> list[Order]:
    """The orders of one platform on one day: one for each (cell, paid) slot."""
    midnight = dt.datetime.combine(date_of(index), dt.time())
    seconds = _moments(random, len(slots))
    waits = np.ceil(random.exponential(240, len(slots))).astype(int) + 8
    provinces = random.choice(
        len(PROVINCES), len(slots), p=np.array([row[2] for row in PROVINCES]) / sum(row[2] for row in PROVINCES)
    )
    pools = {True: iter(buyers[0].tolist()), False: iter(buyers[1].tolist())}
    rows = []
    for number, position in enumerate(random.permutation(len(slots))):
        cell, paid = slots[position]
        start = int(min(seconds[number], 86_340))
        ordered_at = midnight + dt.timedelta(seconds=start)
        paid_at = midnight + dt.timedelta(seconds=min(start + int(waits[number]), 86_399)) if paid else None
        lines = _lines(random, cumulative, off, paid)
        rows.append(
            Order(
                platform,
                cell.channel,
                cell.device,
                index,
                number,
                next(pools[paid]),
                int(provinces[number]),
                ordered_at,
                paid_at,
                lines,
            )
        )
    return rows


def _settle_presale(rows: list[Order], deposits: list[Deposit]) -> list[Order]:
    """Turns as many paid orders of a day as balances were paid into presale orders."""
    left = [deposit for deposit in deposits if deposit.paid_at is not None]
    by_day: dict[int, int] = {}
    for deposit in left:
        index = day(deposit.paid_at.date()) if deposit.paid_at else -1
        by_day[index] = by_day.get(index, 0) + 1
    price = PRODUCTS[POSITION[PRESALE]].price
    settled = []
    for order in rows:
        if order.channel == OWN and order.paid_at is not None and by_day.get(order.index, 0) > 0:
            by_day[order.index] -= 1
            line = Line(POSITION[PRESALE], 1, price, price, 0.0)
            settled.append(
                Order(
                    order.platform,
                    order.channel,
                    order.device,
                    order.index,
                    order.number,
                    order.buyer,
                    order.province,
                    order.ordered_at,
                    order.paid_at,
                    (line,),
                    deposit=True,
                )
            )
        else:
            settled.append(order)
    return settled


def draw(random: np.random.Generator, counts: dict[Cell, Counts], deposits: list[Deposit]) -> Book:
    """All orders: exactly the people of `counts` who ordered, of whom exactly those who paid have paid."""
    cumulative, discounts = np.cumsum(_product_weights(), axis=1), _discount_rates()
    rows: list[Order] = []
    lapsed: set[int] = set()
    for platform in dict.fromkeys(cell.platform for cell in CELLS):
        cells = [cell for cell in CELLS if cell.platform == platform]
        paid = sum(counts[cell].pays for cell in cells)
        placed = sum(counts[cell].orders for cell in cells)
        people = customers.assign(random, platform, paid, placed)
        lapsed |= set(people["lapsed"].tolist())
        for index in range(DAYS):
            slots = []
            for cell in cells:
                done = int(counts[cell].pays[index])
                slots += [(cell, True)] * done + [(cell, False)] * (int(counts[cell].orders[index]) - done)
            rows += _day_orders(
                random,
                platform,
                index,
                slots,
                (people["paid"][index], people["unpaid"][index]),
                cumulative[index],
                discounts[index],
            )
    return Book(_settle_presale(rows, deposits), lapsed)
