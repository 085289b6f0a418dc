"""What the verification of actions promises, in scenes that are simulated: each returns how often it was wrong.

A shop of five places with weekday pattern, shocks all places share, drift of its own every two weeks, memory from day
to day and days that vary more than chance; half a year of history, four weeks since the action. The same settings hold
in all scenes; `kind` is "rate" (a conversion) or "money" (sales of some fifteen orders a day).
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ecops.review.verification import Known, Outcome, verify
from ecops.review.verifying.events import Event

Floats = NDArray[np.float64]
Kind = Literal["rate", "money"]

START = dt.date(2026, 11, 2)
BEFORE, AFTER = 26 * 7, 28
WEEKDAY = np.array([1, 0.9, 0.95, 1, 1.1, 1.3, 1.2])
SEED = 20261129


@dataclass(frozen=True, slots=True)
class Held:
    """A promise and what was measured.

    Attributes:
        promise: what must hold, in words.
        rate: share of the cases in which what was counted happened.
        error: standard error of the rate.
        cases: how many were simulated.
    """

    promise: str
    rate: float
    error: float
    cases: int


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

    @property
    def days(self) -> list[int]:
        """Days from the first day in force."""
        return list(range(-self.before, self.after))


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
        return [pd.DataFrame({"date": days, "numerator": y, "denominator": x}) for y, x in zip(bought, visitors)]
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


def held(promise: str, cases: int, seed: int, case: Callable[[np.random.Generator], bool | None]) -> Held:
    """Run a case many times; None is a case that does not count."""
    generator = np.random.default_rng(seed)
    seen = [found for found in (case(generator) for _ in range(cases)) if found is not None]
    rate = float(np.mean(seen)) if seen else math.nan
    return Held(promise, rate, math.sqrt(max(rate * (1 - rate), 1 / max(len(seen), 1)) / max(len(seen), 1)), len(seen))
