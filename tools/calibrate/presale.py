"""Presales: does the interval hold what it promises, and does the order earn more than the rule of thumb?

Campaigns are drawn from the model that the prediction supposes, and from one that breaks its every supposition: days
that swing together, a rush on the last day, two or three units a deposit, heavy tails of conversion that falls as
deposits grow, growth from campaign to campaign, promotions that work or do not, spot orders in bulk.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from ecops.presale.campaigns.series import Series
from ecops.presale.decisions.handbook import handbook_equivalent
from ecops.presale.decisions.order import order
from ecops.presale.futures.predict import Demand, Prediction, predict
from ecops.presale.spec import Economics, Spec
from ecops.presale.tracking import track
from tools.calibrate.promises import Held, Promise

_DAY = dt.date(2026, 5, 1)
_COVER = 7
_DAYS = 20
_SPEC = Spec(cover_days=_COVER, draws=2_000)
_MONEY = (
    {"price": 100.0, "cost": 40.0, "salvage": 20.0, "goodwill": 10.0, "penalty": 30.0},
    {"price": 100.0, "cost": 70.0, "salvage": 10.0, "penalty": 20.0},
    {"price": 100.0, "cost": 55.0, "salvage": 40.0, "penalty": 10.0},
)


@dataclass(frozen=True, slots=True)
class World:
    """One shop's way of running presales.

    Attributes:
        shift: spread of the log odds of completion between campaigns.
        level: spread of the log of deposits between campaigns.
        rate, size: mean conversion, and a + b of its beta distribution.
        uplift, lift: mean and spread of the log uplift of spot demand.
        usual: spot units on a usual day.
        wrong: break the suppositions of the model.
        varied: draw how much campaigns differ for each shop anew.
        days: length of the running campaign's window; past ones have 20.
        war: a rival's price war keeps three in five of the deposits away from the middle of the window on; the look is
            three days later or more.
    """

    shift: float = 0.3
    level: float = 0.4
    rate: float = 0.87
    size: float = 80.0
    uplift: float = 0.3
    lift: float = 0.25
    usual: float = 12.0
    wrong: bool = False
    varied: bool = False
    days: int = 20
    war: bool = False


@dataclass(frozen=True, slots=True)
class Case:
    """A running campaign, what is known of the past, and what came of it."""

    now: Series
    past: tuple[Series, ...]
    demand: Demand
    deposits: float
    paid: float
    need: float


def case(world: World, seed: int, campaigns: int = 3) -> Case:
    """One shop with some past campaigns and a running one, looked at somewhere in its window."""
    random = np.random.default_rng(seed)
    if world.varied:
        # How much campaigns differ is itself no constant of nature.
        shift, level, lift = np.array([0.3, 0.4, 0.25]) * np.exp(random.normal(0, 0.4, 3))
        size = world.size * float(np.exp(random.normal(0, 0.5)))
        world = replace(world, shift=float(shift), level=float(level), lift=float(lift), size=size)
    base = float(np.exp(random.normal(np.log(400), 0.5)))
    shape = random.uniform(0.3, 1.2, 2)
    days = world.days
    whole = [
        _campaign(world, random, base * (1.2**place if world.wrong else 1), shape, length)
        for place, length in enumerate((*[_DAYS] * campaigns, days))
    ]
    past = tuple(
        replace(one, campaign=f"past {place}", expired=one.total - one.paid) for place, one in enumerate(whole[:-1])
    )
    now = whole[-1]
    seen = int(random.integers(max(days // 4, 1), days - 2))
    if world.war:
        now = _in_war(now, random)
        seen = int(random.integers(days // 2 + 3, days - 1))
    told = float(random.poisson(28 * world.usual)) / 28
    return Case(
        now.until(seen), past, Demand(told, 0.1), now.total, now.paid, now.paid + now.spot
    )  # fmt: skip


def _in_war(now: Series, random: np.random.Generator) -> Series:
    """The same campaign with a price war from its middle on."""
    units = np.array(now.deposits)
    half = len(units) // 2
    units[half:] = random.binomial(units[half:].astype(int), 0.4)
    total = float(units.sum())
    return replace(now, deposits=tuple(units), paid=float(random.binomial(int(total), now.paid / max(now.total, 1))))


def _campaign(world: World, random: np.random.Generator, base: float, shape: np.ndarray, days: int) -> Series:
    places = np.arange(1, days + 1) / days
    first, last = shape
    # A rush at both ends, as wide as the shop has it.
    curve = 0.5 * places ** (1 / (1 + first)) + 0.5 * (1 - (1 - places) ** (1 / (1 + last)))
    inner = np.clip(curve[:-1], 1e-6, 1 - 1e-6)
    odds = np.log(inner / (1 - inner)) + random.normal(0, world.shift)
    share = np.diff(np.concatenate([[0.0], 1 / (1 + np.exp(-odds)), [1.0]]))
    if world.wrong:
        swing = np.cumsum(random.normal(0, 0.15, days)) * 0.5 + random.normal(0, 0.25, days)
        share = share * np.exp(swing)
        share[-1] *= random.uniform(1, 2)
        share /= share.sum()
    whole = base * np.exp(random.normal(-(world.level**2) / 2, world.level))
    daily = random.poisson(whole * share).astype(float)
    if world.wrong:
        daily = np.array([random.integers(1, 4, int(buyers)).sum() / 2 for buyers in daily])
        daily = np.rint(daily)
    total = float(daily.sum())
    if world.wrong:
        odds_paid = np.log(world.rate / (1 - world.rate)) + 0.3 * random.standard_t(5) - 0.3 * np.log(whole / base)
        rate = float(1 / (1 + np.exp(-odds_paid)))
        works = random.random() < 0.7
        factor = np.exp((world.uplift + 0.2 if works else 0.05) + random.normal(0, 0.1))
    else:
        rate = float(random.beta(world.rate * world.size, (1 - world.rate) * world.size))
        factor = np.exp(random.normal(world.uplift, world.lift))
    paid = float(random.binomial(int(total), rate))
    spot = float(random.poisson(world.usual * _COVER * factor * random.gamma(100, 0.01)))
    if world.wrong and random.random() < 0.1:
        spot += float(random.integers(10, 30))
    usual = float(random.poisson(28 * world.usual)) / 28
    return Series(
        "now", "A", _DAY, days, tuple(daily), _DAY + dt.timedelta(days=days), paid=paid, spot=spot, base=usual
    )


def predicted(one: Case) -> Prediction:
    """The prediction from what was known."""
    return predict(one.now, one.past, one.demand, _SPEC)


def coverage(world: World, what: str, campaigns: int = 3) -> Callable[[int, int], Held]:
    """How often the 90 % interval holds what came."""

    def scene(cases: int, seed: int) -> Held:
        hits = 0
        for number in range(cases):
            one = case(world, seed + number, campaigns)
            low, high = predicted(one).interval(what)
            hits += low <= getattr(one, what) <= high
        return Held(hits, cases)

    return scene


def earned(one: Case, stock: float, money: Economics) -> float:
    """What a quantity earned when all was over, money."""
    paid, need = min(one.paid, one.need), one.need
    short, left = max(need - stock, 0.0), max(stock - need, 0.0)
    late = max(paid - stock, 0.0)
    return (
        money.price * (need - short) + money.salvage * left - money.cost * stock
        - money.penalty * late - money.goodwill * (short - late)
    )  # fmt: skip


def gain(world: World, campaigns: int = 3) -> Callable[[int, int], Held]:
    """Profit of the recommended quantity over that of the handbook's, as a share of the latter's mean."""

    def scene(cases: int, seed: int) -> Held:
        ours, theirs = [], []
        for number in range(cases):
            one = case(world, seed + number, campaigns)
            money = Economics(**_MONEY[number % len(_MONEY)], service=_SPEC.certainty(campaigns))
            found = predicted(one)
            ours.append(earned(one, order(found, money).total, money))
            theirs.append(earned(one, handbook_equivalent(found, one.demand.rate).quantity, money))
        difference = (np.array(ours) - np.array(theirs)) / np.mean(theirs)
        return Held(float(difference.sum()), cases, float(difference.var()))

    return scene


def alarms(world: World) -> Callable[[int, int], Held]:
    """How often the deposits leave the band that was predicted a week before, though nothing happened."""

    def scene(cases: int, seed: int) -> Held:
        outside = 0
        for number in range(cases):
            one = case(world, seed + number)
            outside += track(one.now, one.past).state in {"above", "below"}
        return Held(outside, cases)

    return scene


_WORLDS = {"model": World(varied=True), "misspecified": World(wrong=True)}
PROMISES = (
    *(
        Promise(f"presale.{name}.{what}", "85 % to 95 % of 90 % intervals hold", 0.85, 0.95, coverage(world, what))
        for name, world in _WORLDS.items()
        for what in ("deposits", "paid", "need")
    ),
    Promise("presale.alike.need", "at least 85 % where campaigns are alike", 0.85, 1.0,
            coverage(World(shift=0.15, level=0.2, size=150.0, lift=0.1), "need")),
    Promise("presale.first.need", "at least 85 % without any past campaign", 0.85, 1.0,
            coverage(World(varied=True), "need", 0)),
    *(
        Promise(f"presale.{name}.profit", "the order earns more than the rule", 0.0, 10.0, gain(world))
        for name, world in _WORLDS.items()
    ),
    Promise("presale.one.need", "at least 85 % after one past campaign", 0.85, 1.0,
            coverage(World(varied=True), "need", 1)),
    Promise("presale.short.need", "at least 85 % in a window of five days after ones of twenty", 0.85, 1.0,
            coverage(World(varied=True, days=5), "need")),
    Promise("presale.war.need", "at least 80 % in a price war that is three days old", 0.80, 1.0,
            coverage(World(varied=True, war=True), "need")),
    *(
        Promise(f"presale.{name}.profit", "the order earns more than the rule", 0.0, 10.0,
                gain(World(varied=True), campaigns))
        for name, campaigns in (("first", 0), ("one", 1))
    ),
    Promise("presale.silent", "at most 10 % of quiet weeks leave their band", 0.0, 0.10, alarms(World(varied=True))),
    Promise("presale.silent.misspecified", "at most 15 % where the model is wrong", 0.0, 0.15,
            alarms(World(wrong=True))),
)  # fmt: skip
