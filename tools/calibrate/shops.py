"""Shops to hold promises to account: arrays of daily figures with memory, common shocks, promotions and heavy tails.

Nothing here knows what the methods assume. Everything is drawn for all segments and days at once.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import product
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import pandas as pd

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
WEEKDAY = (1.0, 0.98, 0.97, 1.0, 1.06, 1.22, 1.18)
END = dt.date(2026, 11, 15)
"""A Sunday, the last day of every shop."""

STEPS = ("cart_users", "order_buyers", "pay_buyers")
PLATFORMS = ("taobao", "douyin", "jd", "pdd")
CHANNELS = ("search", "recommend", "paid", "direct", "live", "social")
DEVICES = ("mobile", "desktop")


@dataclass(frozen=True, slots=True)
class Shape:
    """What a simulated shop is like.

    Attributes:
        platforms: how many platforms, at most 4.
        channels: how many channels of each, at most 6; no split when 1.
        devices: 1 or 2 devices.
        days: length of the history, the span looked at included.
        visitors: visitors a week over everything.
        memory: autocorrelation of the shocks of neighbouring days, 0 to 0.8.
        common: standard deviation of the daily shock (log) that all segments of a platform share.
        own: the same of each segment alone.
        rate: the same of each step's rate in each segment, without memory.
        rate_common: the same of each step's rate in all segments, with `memory`.
        rates: share that goes on at each of the three steps.
        value: money of a buyer, median.
        tail: standard deviation of the logarithm of an order's value.
        trend: growth of visitors a week, in parts of 1.
        promotions: (days before the end on which it begins, days, factor of visitors).
        turnover: share of the segments that enter or leave in the middle.
        weekend: how strong the pattern of weekdays is; each platform has its own, around it.
    """

    platforms: int = 3
    channels: int = 1
    devices: int = 1
    days: int = 56
    visitors: float = 60_000.0
    memory: float = 0.0
    common: float = 0.05
    own: float = 0.05
    rate: float = 0.05
    rate_common: float = 0.0
    rates: tuple[float, float, float] = (0.11, 0.5, 0.82)
    value: float = 160.0
    tail: float = 0.7
    trend: float = 0.0
    promotions: tuple[tuple[int, int, float], ...] = ()
    turnover: float = 0.0
    weekend: float = 1.0


@dataclass(frozen=True)
class Effect:
    """Something that truly changes in the last days.

    Attributes:
        what: "visitors", or the step ("cart_users", "order_buyers", "pay_buyers") whose rate changes.
        factor: what is left of it.
        days: since how many days before the end.
        platform: number of the platform it touches, all when None.
        channel: number of the channel.
    """

    what: str
    factor: float
    days: int
    platform: int | None = None
    channel: int | None = None


@dataclass(frozen=True)
class Shop:
    """Daily figures.

    Attributes:
        names: (platform, channel, device) of each segment; channel and device are "" without such a split.
        dates: days in order.
        measures: name -> shape (segments, days): visitors, cart_users, order_buyers, pay_buyers, pay_amount.
        lost: money that an `Effect` took, shape (segments,), at the orders that were drawn; 0 without one.
    """

    names: tuple[tuple[str, str, str], ...]
    dates: tuple[dt.date, ...]
    measures: Mapping[str, Floats]
    lost: Floats

    @cached_property
    def frame(self) -> pd.DataFrame:
        """The same as a table of daily traffic."""
        import pandas as pd

        count, days = len(self.names), len(self.dates)
        columns = {"date": np.tile(np.array(self.dates, dtype=object), count)}
        for place, name in enumerate(("platform", "channel", "device")):
            columns[name] = np.repeat(np.array([names[place] for names in self.names], dtype=object), days)
        values = {name: array.ravel() for name, array in self.measures.items()}
        level = "source" if any(names[1] for names in self.names) else "shop"
        return pd.DataFrame({**columns, **values}).assign(shop="one", level=level)


def memory_noise(random: np.random.Generator, rows: int, days: int, memory: float) -> Floats:
    """Standard normal noise with autocorrelation `memory`, stationary from the first day on, shape (rows, days)."""
    noise: Floats = random.standard_normal((rows, days))
    for day in range(1, days):
        noise[:, day] = memory * noise[:, day - 1] + np.sqrt(1 - memory**2) * noise[:, day]
    return noise


def simulate(shape: Shape, seed: int | np.random.Generator, effect: Effect | None = None) -> Shop:
    """A shop of this shape; the same seed gives the same shop, with an effect or without."""
    random = np.random.default_rng(seed)
    names, platform, channel = _names(shape)
    dates = tuple(END - dt.timedelta(days=shape.days - 1 - day) for day in range(shape.days))
    count, days = len(names), shape.days
    mean = _levels(shape, random, platform, dates)
    mean = mean * np.exp(shape.common * memory_noise(random, shape.platforms, days, shape.memory)[platform])
    mean = mean * np.exp(shape.own * memory_noise(random, count, days, shape.memory))
    touched = np.zeros((count, days), dtype=bool)
    if effect is not None:
        rows = np.ones(count, dtype=bool)
        rows &= platform == effect.platform if effect.platform is not None else True
        rows &= channel == effect.channel if effect.channel is not None else True
        touched[rows, days - effect.days :] = True
    people = random.poisson(mean)
    measures: dict[str, Floats] = {}
    left = np.ones((count, days))
    if effect is not None and effect.what == "visitors":
        people = np.where(touched, random.binomial(people, effect.factor), people)
        left = np.where(touched, effect.factor, 1.0)
    measures["visitors"] = people.astype(np.float64)
    for step, base in zip(STEPS, shape.rates, strict=True):
        level = base * random.uniform(0.85, 1.15, count)[:, None]
        shock = shape.rate * random.standard_normal((count, days))
        shock = shock + shape.rate_common * memory_noise(random, 1, days, shape.memory)
        rate = np.clip(level * np.exp(shock), 0.0, 0.98)
        if effect is not None and effect.what == step:
            rate, left = np.where(touched, rate * effect.factor, rate), np.where(touched, effect.factor, 1.0)
        people = random.binomial(people, rate)
        measures[step] = people.astype(np.float64)
    measures["pay_amount"] = _money(shape, random, people)
    lost = (measures["pay_amount"] * (1 / left - 1)).sum(1)
    return Shop(names, dates, measures, lost)


def _names(shape: Shape) -> tuple[tuple[tuple[str, str, str], ...], NDArray[np.int64], NDArray[np.int64]]:
    channels = CHANNELS[: shape.channels] if shape.channels > 1 else ("",)
    devices = DEVICES[: shape.devices] if shape.devices > 1 else ("",)
    cells = list(product(range(shape.platforms), range(len(channels)), range(len(devices))))
    names = tuple((PLATFORMS[one], channels[two], devices[three]) for one, two, three in cells)
    platform, channel = (np.array([cell[place] for cell in cells], dtype=np.int64) for place in (0, 1))
    return names, platform, channel


def _levels(
    shape: Shape, random: np.random.Generator, platform: NDArray[np.int64], dates: tuple[dt.date, ...]
) -> Floats:
    """Visitors to be expected by segment and day: size, weekday, trend, promotions, entering and leaving."""
    count, days = len(platform), len(dates)
    size = random.lognormal(0.0, 0.5, count)
    size = size / size.sum() * shape.visitors / 7
    strength = shape.weekend * random.uniform(0.5, 1.5, shape.platforms)[platform]
    pattern = np.array(WEEKDAY)[[day.weekday() for day in dates]]
    mean = size[:, None] * pattern[None, :] ** strength[:, None]
    mean = mean * (1 + shape.trend) ** ((np.arange(days) - days) / 7)
    for since, length, factor in shape.promotions:
        mean[:, days - since : days - since + length] *= factor
    for segment in np.flatnonzero(random.random(count) < shape.turnover):
        day = int(random.integers(days // 4, days // 2))
        gone = np.arange(days) < day if random.random() < 0.5 else np.arange(days) >= day
        mean[segment, gone] = 0.0
    return mean


def _money(shape: Shape, random: np.random.Generator, buyers: NDArray[np.int64]) -> Floats:
    """Sums of heavy-tailed orders."""
    flat = buyers.ravel()
    orders = random.lognormal(np.log(shape.value), shape.tail, int(flat.sum()))
    ends = np.r_[0, np.cumsum(flat)]
    sums = np.r_[0.0, np.cumsum(orders)]
    return np.maximum(sums[ends[1:]] - sums[ends[:-1]], 0.0).reshape(buyers.shape)
