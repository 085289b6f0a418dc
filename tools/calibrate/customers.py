"""Customers: do the intervals of what all of them will order, and spend, in the next 90 days hold what came?

Two years of a shop, forecast at a day drawn anew for each (so a season lies anywhere), held against the 90 days after.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ecops import customers
from tools.calibrate.promises import Held, Promise

_KNOWN, _AHEAD, _YEAR = 730, 90, 366
_DAYS = _KNOWN + _AHEAD
_NOVEMBER = slice(304, 334)

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class World:
    """How the customers of one shop come back.

    Attributes:
        r, alpha: rates are drawn from a gamma distribution with this shape and scale (in days).
        a, b: shares that leave after an order are drawn from a beta distribution.
        burst: further orders, on average, within three weeks of each one.
        halved: the rate of everybody is half from the middle of the two years on.
        november: orders come so many times as often in November, first ones too.
        promotion: share of the buyers who came in a promotion of the first month; they come back a fifth as often and
            spend half.
        shocks: spread of the log of the level that a week gives to everybody; it remembers .8 of the last one's.
    """

    r: float = 0.8
    alpha: float = 150.0
    a: float = 0.8
    b: float = 2.5
    burst: float = 0.0
    halved: bool = False
    november: float = 1.0
    promotion: float = 0.0
    shocks: float = 0.0


def shop(world: World, seed: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Orders of one shop: what is known, and what those customers did in the 90 days after."""
    random = np.random.default_rng(seed)
    many = int(random.integers(2_000, 5_001))
    begun = int(random.integers(_YEAR))
    level = _levels(world, begun, random)
    clock = np.concatenate([[0.0], np.cumsum(level)])
    fresh = level[:_KNOWN] if world.november > 1 else np.ones(_KNOWN)
    first = random.choice(_KNOWN, many, p=fresh / fresh.sum()) + random.random(many)
    early = random.random(many) < world.promotion
    first[early] = random.random(early.sum()) * 30
    rate = random.gamma(world.r, 1 / world.alpha, many) / (1 + world.burst) * np.where(early, 0.2, 1.0)
    leave = random.beta(world.a, world.b, many)
    usual = np.exp(random.normal(4.5, 0.5, many)) * np.where(early, 0.5, 1.0)
    who, day = [np.arange(many)], [first]
    there, time = np.arange(many), np.interp(first, np.arange(_DAYS + 1), clock)
    while len(there):
        time = time + random.exponential(1 / np.maximum(rate[there], 1e-9))
        seen = time < clock[-1]
        there, time = there[seen], time[seen]
        who.append(there)
        day.append(np.interp(time, clock, np.arange(_DAYS + 1)))
        stay = random.random(len(there)) >= leave[there]
        there, time = there[stay], time[stay]
    buyer, at = np.concatenate(who), np.concatenate(day)
    more = random.poisson(world.burst, len(buyer)) if world.burst else np.zeros(len(buyer), int)
    buyer = np.concatenate([buyer, np.repeat(buyer, more)])
    at = np.concatenate([at, np.repeat(at, more) + random.random(more.sum()) * 21])
    orders = pd.DataFrame(
        {
            "order_id": np.arange(len(buyer)).astype(str),
            "buyer_id": np.char.add("b", buyer.astype(str)),
            "ordered_at": pd.Timestamp("2024-01-01") + pd.to_timedelta(begun + np.floor(at), unit="D"),
            "paid_amount": np.round(usual[buyer] * np.exp(random.normal(0, 0.4, len(buyer))), 2) + 0.01,
        }
    )
    return orders[at < _KNOWN], orders[(at >= _KNOWN) & (at < _DAYS)]


def _levels(world: World, begun: int, random: np.random.Generator) -> Floats:
    """How often everybody orders on each day, as a multiple of her own rate; the shop begins on this day of a year."""
    level = np.ones(_DAYS)
    if world.november != 1:
        calendar = np.ones(_YEAR)
        calendar[_NOVEMBER] = world.november
        level *= calendar[(begun + np.arange(_DAYS)) % _YEAR]
    if world.halved:
        level[_KNOWN // 2 :] /= 2
    if world.shocks:
        weeks = np.empty(_DAYS // 7 + 1)
        weeks[0] = random.normal()
        for week in range(1, len(weeks)):
            weeks[week] = 0.8 * weeks[week - 1] + 0.6 * random.normal()
        level *= np.exp(world.shocks * np.repeat(weeks, 7)[:_DAYS])
    return level


def _total(world: World, cases: int, seed: int) -> Held:
    """How often the money of all customers in the next 90 days lay inside its interval."""
    inside = told = 0
    for case in range(cases):
        known, later = shop(world, seed + case)
        found = customers.fit_value(customers.order_book(known))
        if found.status == "too_small":
            continue
        forecast = found.predict(_AHEAD)
        came = float(later.loc[later["buyer_id"].isin(known["buyer_id"]), "paid_amount"].sum())
        told += 1
        inside += forecast.low <= came <= forecast.high
    return Held(inside, told, asked=told / cases)


WORLDS = {
    "plain": World(),
    "bursts": World(burst=1.5),
    "halved": World(halved=True),
    "november": World(november=4.0),
    "once": World(r=0.12, alpha=120.0, a=1.0, b=2.0),
    "promotion": World(promotion=0.4),
    "shocks": World(shocks=0.25),
}

PROMISES = tuple(
    Promise(
        f"customers.total.{name}",
        "money of 90 days in its 95 % interval: ≥ 90 %",
        0.9,
        1.0,
        functools.partial(_total, world),
        60,
    )
    for name, world in WORLDS.items()
)
