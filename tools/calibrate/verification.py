"""What the verification of actions promises, in scenes that are simulated: each returns how often it was wrong.

A shop of five places with weekday pattern, shocks all places share, drift of its own every two weeks, memory from day
to day and days that vary more than chance; half a year of history, four weeks since the action. The same settings hold
in all scenes; `kind` is "rate" (a conversion) or "money" (sales of some fifteen orders a day).
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ecops.review.decisions.verification import Known, Outcome, verify
from ecops.review.decisions.verifying.events import Event
from tools.calibrate.promises import Held, Promise

Floats = NDArray[np.float64]
Kind = Literal["rate", "money"]

START = dt.date(2026, 11, 2)
BEFORE, AFTER = 26 * 7, 28
WEEKDAY = np.array([1, 0.9, 0.95, 1, 1.1, 1.3, 1.2])
SEED = 20261129


@dataclass(frozen=True, slots=True)
class Shop:
    """What a simulated shop is like.

    Attributes:
        kind: a rate, or money.
        places: how many, the first gets the action.
        before, after: days of history and since the action.
        memory: autocorrelation of the days of each place.
        drift: standard deviation of each place's own level, drawn anew every two weeks.
        visitors: a day and place.
    """

    kind: Kind = "rate"
    places: int = 5
    before: int = BEFORE
    after: int = AFTER
    memory: float = 0.3
    drift: float = 0.03
    visitors: float = 300.0


def simulate(shop: Shop, generator: np.random.Generator, factor: Floats | None = None) -> list[pd.DataFrame]:
    """Frames of each place; `factor` moves the level, shape (places, days) or (days,) for the first place alone."""
    number = np.arange(-shop.before, shop.after)
    size = (shop.places, len(number))
    moved = np.ones(size)
    if factor is not None:
        moved[: 1 if factor.ndim == 1 else shop.places] = factor
    common = np.exp(0.1 * generator.standard_normal(len(number) // 7 + 2))[(number + shop.before) // 7]
    drift = np.exp(shop.drift * generator.standard_normal((shop.places, len(number) // 14 + 2)))
    moved = moved * drift[:, (number + shop.before) // 14]
    spread = 0.05 if shop.kind == "rate" else 0.1
    moved = moved * np.exp(spread * _remembering(generator, size, shop.memory))
    weekday = WEEKDAY[(number % 7)]
    visitors = generator.poisson(shop.visitors * weekday * common * generator.gamma(50, 1 / 50, size))
    days = np.datetime64(START) + number
    if shop.kind == "rate":
        bought = generator.binomial(visitors, np.clip(0.4 * moved, 0, 1))
        return [
            pd.DataFrame({"date": days, "numerator": y, "denominator": x})
            for y, x in zip(bought, visitors, strict=True)
        ]
    orders = generator.poisson(visitors * 0.05 * moved)
    amount = orders * 90.0 * generator.lognormal(0, 0.1, size)
    return [pd.DataFrame({"date": days, "numerator": y}) for y in amount]


def _remembering(generator: np.random.Generator, size: tuple[int, int], memory: float) -> Floats:
    """Normal values with variance 1 that remember the day before."""
    from scipy.signal import lfilter

    noise = generator.standard_normal(size)
    noise[:, 1:] *= math.sqrt(1 - memory**2)
    values: Floats = lfilter([1.0], [1.0, -memory], noise, axis=1)
    return values


def judge(frames: list[pd.DataFrame], known: Known | None = None) -> Outcome:
    """The outcome for the first of the places."""
    controls = {str(number): frame for number, frame in enumerate(frames[1:])}
    worth = 80.0 if "denominator" in frames[0] else 1.0
    return verify(frames[0], controls, START, known=known, worth=worth)


def held(promise: str, cases: int, seed: int, case: Callable[[np.random.Generator], bool]) -> Held:
    """Run a case many times and count how often it is true."""
    generator = np.random.default_rng(seed)
    return Held(float(sum(case(generator) for _ in range(cases))), cases, promise=promise)


def moved(shop: Shop, depth: float, first: int, end: int, *, fades: bool = False) -> Floats:
    """1 on each day, 1 + depth from `first` to the day before `end`; or less and less of it."""
    number = np.arange(-shop.before, shop.after)
    share = (end - number) / (end - first) if fades else np.ones(len(number))
    return np.where((number >= first) & (number < end), 1 + depth * share, 1.0)


def day(number: int) -> dt.date:
    """A day counted from the first in force."""
    return START + dt.timedelta(days=number)


def _since(number: int) -> Known:
    return Known(troubled_since=day(number))


@dataclass(frozen=True, slots=True)
class Scene:
    """What happens in a shop, and what is counted.

    Attributes:
        promise: what must hold.
        counted: which outcomes are counted.
        factor: how the level of the first place (days,) or of all (places, days) moves; None when nothing does.
        known: what the verification is told.
        shop: where.
    """

    promise: str
    counted: Callable[[Outcome], bool]
    factor: Callable[[Shop], Floats] | None = None
    known: Known | None = None
    shop: Shop = field(default_factory=Shop)

    def __call__(self, cases: int, seed: int = SEED) -> Held:
        """Run it."""
        factor = None if self.factor is None else self.factor(self.shop)
        return held(
            self.promise,
            cases,
            seed,
            lambda generator: self.counted(judge(simulate(self.shop, generator, factor), self.known)),
        )


def worst_of_many(kind: Kind, cases: int, seed: int = SEED) -> Held:
    """The place with the worst week of 24 is acted upon, and comes back as it would have anyway."""
    shop = Shop(kind=kind, places=24)

    def case(generator: np.random.Generator) -> bool:
        frames = simulate(shop, generator)
        sums = [
            [part["numerator"].sum() / (part["denominator"].sum() if kind == "rate" else 1) for part in (week, before)]
            for frame in frames
            for week, before in [(frame[shop.before - 7 : shop.before], frame[shop.before - 14 : shop.before - 7])]
        ]
        worst = min(range(len(frames)), key=lambda number: sums[number][0] / sums[number][1])
        return worked(judge([frames[worst], *frames[:worst], *frames[worst + 1 :]], _since(-7)))

    return held("worked <= 5 %", cases, seed, case)


def rare_events(cases: int, seed: int = SEED) -> Held:
    """A useless action where two days of three bring nothing."""
    days = np.datetime64(START) + np.arange(-BEFORE, AFTER)

    def case(generator: np.random.Generator) -> bool:
        counts = generator.poisson(0.3 * generator.gamma(5, 1 / 5, (5, len(days)))).astype(float)
        return worked(judge([pd.DataFrame({"date": days, "numerator": part}) for part in counts]))

    return held("worked <= 5 %", cases, seed, case)


def worked(outcome: Outcome) -> bool:
    """Called a success."""
    return outcome.verdict == "worked"


def recovered(outcome: Outcome) -> bool:
    """Called a recovery without a proven cause."""
    return outcome.verdict == "recovered"


def fits(outcome: Outcome) -> bool:
    """The day of the action lies among those on which it may have turned, and no other story is told."""
    return outcome.onset is not None and outcome.onset.timing == "fits"


def covers(change: float) -> Callable[[Outcome], bool]:
    """Whether the interval of the change holds the truth."""
    return lambda outcome: outcome.ci[0] <= change <= outcome.ci[1]


def _growth(a_week: float, since: int | None = None) -> Callable[[Shop], Floats]:
    def factor(shop: Shop) -> Floats:
        number = np.arange(-shop.before, shop.after)
        weeks = number / 7 if since is None else np.clip(number - since, 0, None) / 7 - max(-since, 0) / 7
        values: Floats = np.minimum((1 + a_week) ** weeks, 2.3)
        return values

    return factor


def _all_places(depth: float) -> Callable[[Shop], Floats]:
    return lambda shop: np.tile(moved(shop, depth, 0, shop.after), (shop.places, 1))


def _of_one_kind(kind: Kind) -> dict[str, Callable[[int, int], Held]]:
    """Every scene of a rate, or of money."""
    shop, wrong = Shop(kind=kind), "worked <= 5 %"
    promotion = Event("promotion", "promotion", day(7), day(13))
    whole = Event("promotion", "promotion", day(0), day(27))
    shocks = {
        "-30 % for a week, ends that day": (-0.3, -7, 0, False, _since(-7)),
        "-30 % for a week, nobody told": (-0.3, -7, 0, False, None),
        "-30 % for two weeks": (-0.3, -14, 0, False, _since(-14)),
        "-30 % for two weeks, the last week told": (-0.3, -14, 0, False, _since(-7)),
        "-30 % for four weeks, nobody told": (-0.3, -28, 0, False, None),
        "-50 % for a week": (-0.5, -7, 0, False, _since(-7)),
        "-50 % for two weeks": (-0.5, -14, 0, False, _since(-14)),
        "-30 %, ends five days later": (-0.3, -7, 5, False, _since(-7)),
        "-30 %, fades": (-0.3, -7, 7, True, _since(-7)),
        "-50 %, fades in four weeks": (-0.5, -14, 14, True, _since(-14)),
    }
    scenes: dict[str, Callable[[int, int], Held]] = {
        f"shock {name}": Scene(wrong, worked, partial(_shocked, depth, first, end, fades), known, shop)
        for name, (depth, first, end, fades, known) in shocks.items()
    }
    scenes |= {
        "useless, no trap": Scene("worked 0-3.5 %", worked, None, None, shop),
        "useless, a finding told": Scene(wrong, worked, None, _since(-7), shop),
        "useless, strong memory": Scene(wrong, worked, None, None, Shop(kind, memory=0.7)),
        "useless, nothing to compare with": Scene(wrong, worked, None, None, Shop(kind, places=1)),
        "useless, three months of history": Scene(wrong, worked, None, None, Shop(kind, before=84)),
        "useless, one week since": Scene(wrong, worked, None, None, Shop(kind, after=7)),
        "useless, few visitors": Scene(wrong, worked, None, None, Shop(kind, visitors=30.0)),
        "whole market rises": Scene("worked 0-3.5 %", worked, _all_places(0.3), None, shop),
        "own season +5 % a week": Scene(wrong, worked, _growth(0.05), None, shop),
        "own season +10 % a week": Scene(wrong, worked, _growth(0.10), None, shop),
        "own season +5 % a week for eight weeks": Scene(wrong, worked, _growth(0.05, -56), None, shop),
        "own season +10 % a week for eight weeks": Scene(wrong, worked, _growth(0.10, -56), None, shop),
        "own season +10 % a week for four weeks": Scene(
            "not held: cannot be told from an action", worked, _growth(0.10, -28), None, shop
        ),
        "promotion here alone, one of four weeks, named": Scene(
            wrong, worked, lambda s: moved(s, 0.5, 7, 14), Known(events=[promotion]), shop
        ),
        "promotion here alone, one of four weeks, not named": Scene(
            wrong, worked, lambda s: moved(s, 0.5, 7, 14), None, shop
        ),
        "promotion here alone, all the time, named": Scene(
            wrong, worked, lambda s: moved(s, 0.5, 0, 28), Known(events=[whole]), shop
        ),
        "promotion here alone, all the time, not named": Scene(
            "not held: said as what cannot be told apart", worked, lambda s: moved(s, 0.5, 0, 28), None, shop
        ),
        "true +30 %, found": Scene("worked >= 85 % (rate)", worked, lambda s: moved(s, 0.3, 0, 28), None, shop),
        "true +50 %, found": Scene("as often as honest", worked, lambda s: moved(s, 0.5, 0, 28), None, shop),
        "true +80 %, found": Scene("as often as honest", worked, lambda s: moved(s, 0.8, 0, 28), None, shop),
        "true +30 %, covered": Scene("95-97 %", covers(0.3), lambda s: moved(s, 0.3, 0, 28), None, shop),
        "nothing, covered": Scene("95-97 %", covers(0.0), None, None, shop),
        "repair after a week at -50 %, reads recovered": Scene(
            "as often as honest", recovered, lambda s: moved(s, -0.5, -7, 0), _since(-7), shop
        ),
        "repair after two weeks at -50 %, the timing fits": Scene(
            "as often as honest", fits, lambda s: moved(s, -0.5, -14, 0), _since(-14), shop
        ),
        "worst of many cells": partial(worst_of_many, kind),
    }
    return {f"{kind}: {name}": scene for name, scene in scenes.items()}


def _shocked(depth: float, first: int, end: int, fades: bool, shop: Shop) -> Floats:
    return moved(shop, depth, first, end, fades=fades)


SCENES: Mapping[str, Callable[[int, int], Held]] = {
    **_of_one_kind("rate"),
    **_of_one_kind("money"),
    "counts: useless, zero on most days": rare_events,
}
"""Name -> a function of how many cases and which seed."""


_BOUNDS = {
    "worked <= 5 %": (0.0, 0.05),
    "worked 0-3.5 %": (0.0, 0.035),
    "worked >= 85 % (rate)": (0.85, 1.0),
    "95-97 %": (0.95, 0.97),
}
"""Promise in words -> smallest and largest share that keep it."""


def _promises() -> Iterator[Promise]:
    for name, scene in SCENES.items():
        said = getattr(scene, "promise", "worked <= 5 %")
        found_in_money = name == "money: true +30 %, found"
        if said in _BOUNDS and not found_in_money:
            yield Promise(f"verification.{name}", said, *_BOUNDS[said], scene, 400)


PROMISES = tuple(_promises())
"""What verification promises; the scenes beside them are measured without a promise, see docs/methods-review.md."""
