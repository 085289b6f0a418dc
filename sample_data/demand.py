"""How many people come, cart, order and pay: a day, by platform, channel and device, with the planted changes in it."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sample_data.shop import BEST_SELLER, DAYS, FIRST_DAY, PRODUCTS, day

Series = NDArray[np.int64]
WEEKDAY = (1.0, 0.97, 0.96, 0.98, 0.95, 1.05, 1.09)
COMMON_NOISE, CELL_NOISE, RATE_NOISE = 0.035, 0.04, 0.02
"""Coefficients of variation of the daily noise: shared by all cells, own of a cell, and of each rate."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One channel on one device: visitors a day, rates visitor -> cart -> order -> payment, impressions a visitor."""

    platform: str
    channel: str
    device: str
    visitors: float
    cart: float
    order: float
    pay: float
    shown: float = 0.0


@dataclass(frozen=True, slots=True)
class Counts:
    """People a day in one cell, each series of length `DAYS`; every later step is a part of the one before."""

    shown: Series
    visitors: Series
    carts: Series
    orders: Series
    pays: Series


@dataclass(frozen=True, slots=True)
class Promotion:
    """Days with more people (`traffic`) and more orders out of their carts (`rate`), at `off` below the price."""

    name: str
    start: dt.date
    end: dt.date
    traffic: float
    rate: float
    off: float


OWN = "我的淘宝"
CELLS: tuple[Cell, ...] = (
    Cell("taobao", "手淘搜索", "mobile", 420, 0.075, 0.25, 0.86),
    Cell("taobao", "手淘推荐", "mobile", 405, 0.052, 0.22, 0.86),
    Cell("taobao", "万相台", "mobile", 150, 0.062, 0.22, 0.86),
    Cell("taobao", "淘宝客", "mobile", 100, 0.065, 0.24, 0.86),
    Cell("taobao", OWN, "mobile", 125, 0.22, 0.32, 0.88),
    Cell("taobao", "淘宝搜索", "desktop", 75, 0.07, 0.25, 0.86),
    Cell("douyin", "直播间", "mobile", 360, 0.062, 0.33, 0.76, 11.0),
    Cell("douyin", "短视频", "mobile", 325, 0.045, 0.30, 0.76, 14.0),
    Cell("douyin", "商品卡", "mobile", 190, 0.050, 0.32, 0.76, 9.0),
    Cell("douyin", "抖音搜索", "mobile", 95, 0.070, 0.34, 0.76, 6.0),
    Cell("douyin", "商品卡", "desktop", 95, 0.055, 0.30, 0.82, 8.0),
    Cell("douyin", "抖音搜索", "desktop", 50, 0.065, 0.32, 0.82, 6.0),
    Cell("jd", "京东APP", "mobile", 250, 0.090, 0.24, 0.90),
    Cell("jd", "京东PC", "desktop", 65, 0.085, 0.25, 0.90),
    Cell("shopify", "Organic Search", "mobile", 105, 0.066, 0.50, 0.62),
    Cell("shopify", "Paid Social", "mobile", 95, 0.048, 0.44, 0.60),
    Cell("shopify", "Direct", "mobile", 50, 0.090, 0.56, 0.66),
    Cell("shopify", "Email", "mobile", 25, 0.120, 0.58, 0.68),
    Cell("shopify", "Organic Search", "desktop", 55, 0.070, 0.52, 0.66),
    Cell("shopify", "Direct", "desktop", 30, 0.095, 0.56, 0.68),
)  # fmt: skip
PROMOTIONS = (
    Promotion("2025年618", dt.date(2025, 6, 16), dt.date(2025, 6, 20), 1.45, 1.20, 0.12),
    Promotion("2025年双11", dt.date(2025, 11, 9), dt.date(2025, 11, 12), 1.50, 1.25, 0.12),
    Promotion("2026年618", dt.date(2026, 6, 16), dt.date(2026, 6, 20), 1.45, 1.20, 0.12),
)
SPRING_FESTIVAL = (dt.date(2026, 2, 13), dt.date(2026, 2, 23), 0.6)

# The planted changes of the funnel.
PAYMENT_FAILURE_START = dt.date(2026, 11, 2)
PAYMENT_FAILURE_RATE = 0.37
SHIFT_START = dt.date(2026, 10, 19)
SHIFT_CART_FACTOR = 0.75
SHIFT_OWN_TRAFFIC = 2.7
STOCK_OUT = (dt.date(2026, 11, 5), dt.date(2026, 11, 15))


def within(start: dt.date, end: dt.date) -> NDArray[np.bool_]:
    """True on the days from `start` to `end`, both included; shape (DAYS,)."""
    flags = np.zeros(DAYS, dtype=bool)
    flags[max(day(start), 0) : day(end) + 1] = True
    return flags


def calendar_factor() -> NDArray[np.float64]:
    """Traffic of a day relative to the shop's level: weekday, trend of 15 % a year, promotions, Spring Festival."""
    index = np.arange(DAYS)
    weekday = np.array([WEEKDAY[(FIRST_DAY.weekday() + position) % 7] for position in range(DAYS)])
    factor = weekday * (0.84 + 0.17 * np.minimum(index, 480) / 480)
    for promotion in PROMOTIONS:
        factor[within(promotion.start, promotion.end)] *= promotion.traffic
    start, end, dip = SPRING_FESTIVAL
    factor[within(start, end)] *= dip
    return np.round(factor, 9)


def stock_out_share() -> float:
    """Share of orders that start with the best seller: what is lost while it is out of stock."""
    return next(product.weight for product in PRODUCTS if product.sku == BEST_SELLER) / sum(
        product.weight for product in PRODUCTS
    )


def _noise(random: np.random.Generator, variation: float) -> NDArray[np.float64]:
    return np.round(random.gamma(1 / variation**2, variation**2, DAYS), 9)


def planned_rates(
    cell: Cell,
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Traffic factor and the three rates of a cell a day, with the planted changes, without noise; each (DAYS,)."""
    traffic = calendar_factor()
    cart, order, pay = (np.full(DAYS, rate) for rate in (cell.cart, cell.order, cell.pay))
    for promotion in PROMOTIONS:
        order[within(promotion.start, promotion.end)] *= promotion.rate
    order[within(*STOCK_OUT)] *= 1 - stock_out_share()
    if cell.platform == "douyin" and cell.device == "mobile":
        pay[day(PAYMENT_FAILURE_START) :] = PAYMENT_FAILURE_RATE
    if cell.platform == "taobao":
        cart[day(SHIFT_START) :] *= SHIFT_CART_FACTOR
        if cell.channel == OWN:
            traffic[day(SHIFT_START) :] *= SHIFT_OWN_TRAFFIC
    return traffic, cart, order, pay


def draw(random: np.random.Generator) -> dict[Cell, Counts]:
    """People a day in every cell."""
    common = _noise(random, COMMON_NOISE)
    drawn = {}
    for cell in CELLS:
        traffic, cart, order, pay = planned_rates(cell)
        expected = np.round(cell.visitors * traffic * common * _noise(random, CELL_NOISE), 6)
        visitors = random.poisson(expected)
        shown = random.poisson(np.round(visitors * cell.shown * _noise(random, CELL_NOISE), 6))
        carts = random.binomial(visitors, np.round(np.minimum(cart * _noise(random, RATE_NOISE), 0.95), 9))
        orders = random.binomial(carts, np.round(np.minimum(order * _noise(random, RATE_NOISE), 0.95), 9))
        pays = random.binomial(orders, np.round(np.minimum(pay * _noise(random, RATE_NOISE / 2), 0.99), 9))
        drawn[cell] = Counts(shown, visitors, carts, orders, pays)
    return drawn
