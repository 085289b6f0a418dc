"""Did it work? The metric of a segment after an action, held against what would have happened without it.

The counterfactual is the segment's own level before the action, moved by what the untouched segments did meanwhile
(difference in differences on the log scale, so that a shop-wide promotion or a slow week is not taken for success).
Windows are whole weeks wherever they can be, so that weekdays stand against the same weekdays.

Uncertainty has two parts that are added: the day-to-day noise of the segment and of its controls (a heteroscedastic
sandwich over days, t distribution), and how far untouched segments drift apart from each other anyway (the between
variance over the controls, see `_between_variance`). Without at least three controls the second part cannot be
known and the outcome says so.

A metric that falls to nothing, or rises from nothing, has no logarithm. There the side with nothing in it gets the
exact Poisson limit of no events, -log(tail), each event as large as makes the days of the other side vary as they do
(quasi-Poisson), and the interval joins it with the limit of the other side (Bonferroni: half of the error for each),
which is never too narrow.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ecops.errors import DataError, SpecError
from ecops.finding import Amount
from ecops.messages import Message
from ecops.periods import Period
from ecops.statistics import critical_value

if TYPE_CHECKING:
    import pandas as pd

Floats = NDArray[np.float64]
Verdict = Literal["worked", "no_evidence", "did_not_work", "too_early"]
"""worked: the whole interval lies on the good side of zero. did_not_work: it lies below half of what was expected (or
below zero). no_evidence: neither yet. too_early: less than seven days have passed, or a window has no figures."""

FEWEST_DAYS = 7
LEAST_VARIANCE = 1e-18
"""Squared relative error below which nothing is known better: days without any noise are still rounded numbers."""

FEWEST_CONTROLS = 3
HALF_LEVEL = 0.975
"""Level of each of two limits that together hold at 95 %."""

NOTHING_SEEN = -math.log((1 - HALF_LEVEL) / 2)
"""Events that may have been expected where none was seen."""

Interval = tuple[float, float, float]
"""Value, lower and upper limit."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What an action brought.

    Attributes:
        verdict: see `Verdict`.
        change: relative change of the metric against its counterfactual; 0.1 is ten per cent more, infinite where
            without the action there would be nothing. NaN when too early, or nothing on both sides.
        ci: 95 % interval of `change`.
        before, after, counterfactual: the metric before, after, and as it would have been; its own unit, NaN when
            too early.
        weekly: money the change brings a week, with its interval; None when the worth of a unit is not known.
        baseline, window: the days compared.
        controls: number of untouched segments used.
        notes: caveats.
    """

    verdict: Verdict
    change: float
    ci: tuple[float, float]
    before: float
    after: float
    counterfactual: float
    weekly: Amount | None
    baseline: Period
    window: Period
    controls: int
    notes: tuple[Message, ...] = ()


@dataclass(frozen=True, slots=True)
class _Side:
    """One segment in one window.

    Attributes:
        total: sum of the numerator.
        exposure: sum of the denominator.
        variance: of log(total), over days; NaN when nothing happened.
        freedom: its degrees of freedom.
        event: how large one event is, so that events would vary like the days do; at least 1 for counts.
    """

    total: float
    exposure: float
    variance: float
    freedom: float
    event: float

    @property
    def log(self) -> float:
        """Logarithm of the level."""
        return math.log(self.total / self.exposure)


@dataclass(frozen=True, slots=True)
class _Step:
    """The log ratio after / before of one segment, its variance and degrees of freedom."""

    value: float
    variance: float
    freedom: float


def verify(
    treated: pd.DataFrame,
    controls: Mapping[str, pd.DataFrame],
    start: dt.date,
    *,
    baseline: Period | None = None,
    direction: Literal["up", "down"] = "up",
    expected_weekly: float = math.nan,
    worth: float = math.nan,
    currency: str = "",
) -> Outcome:
    """Compare a segment after an action with its counterfactual.

    Args:
        treated: `date` (day), `numerator` and, for a rate, `denominator` (1 a day otherwise). Several rows of a day are
            added up; a day with a figure that is not known is left out.
        controls: the same for each untouched segment.
        start: first day on which the action was in force.
        baseline: the days before that stand for "without the action"; the 14 days before `start` when None. After a
            failure it must lie inside the failure, else the healthy days before it hide the repair. Only its last
            whole weeks count, if it has one, so that no weekday stands in it more often than in the window.
        direction: "up" when more is better.
        expected_weekly: money a week the action was expected to bring, NaN when nobody said.
        worth: money one unit of the numerator is worth, NaN when unknown.
        currency: of `worth`.

    Raises:
        DataError: `treated` has not the columns needed.
        SpecError: the baseline does not end before `start`.
    """
    base = baseline or Period(start - dt.timedelta(days=14), start - dt.timedelta(days=1))
    if base.end >= start:
        raise SpecError(
            Message("The baseline ends ({end}) after the action began ({start}).", end=base.end, start=start),
            Message("Choose a baseline that ends before the action."),
        )
    if base.days > FEWEST_DAYS:
        base = Period(base.end - dt.timedelta(days=base.days // 7 * 7 - 1), base.end)
    days = _daily(treated)
    last = days["date"].max() if len(days) else None
    if last is None or (last - start).days + 1 < FEWEST_DAYS:
        return _too_early(base, start, last)
    window = _whole_weeks(Period(start, last))
    sides = _side(days, base), _side(days, window)
    if sides[0] is None or sides[1] is None or min(sides[0].total, sides[1].total) < 0:
        return _too_early(base, start, last)
    others = [found for frame in controls.values() if (found := _control(frame, base, window)) is not None]
    effect = _effect(sides[0], sides[1], _counterfactual_shift(others))
    weekly = _money(sides[1], window, effect, worth, currency)
    notes = [note] if (note := _nothing_note(sides[0], sides[1])) is not None else []
    if len(others) < FEWEST_CONTROLS:
        notes.append(
            Message(
                "Only {n} untouched segments to compare with: other causes in the same weeks cannot be told apart.",
                n=len(others),
            )
        )
    return Outcome(
        verdict=_verdict(effect.ratio, direction, weekly, expected_weekly),
        change=effect.ratio[0] - 1,
        ci=(effect.ratio[1] - 1, effect.ratio[2] - 1),
        before=sides[0].total / sides[0].exposure,
        after=sides[1].total / sides[1].exposure,
        counterfactual=effect.without[0],
        weekly=weekly,
        baseline=base,
        window=window,
        controls=len(others),
        notes=tuple(notes),
    )


@dataclass(frozen=True, slots=True)
class _Effect:
    """What the action did to the metric.

    Attributes:
        ratio: with the action over without it.
        without: the metric without the action.
        gain: with it minus without it, in the metric's own unit.
    """

    ratio: Interval
    without: Interval
    gain: Interval


def _effect(before: _Side, after: _Side, shift: tuple[float, float, float]) -> _Effect:
    """The effect from both windows and what the untouched segments did meanwhile."""
    if before.total == 0 and after.total == 0:
        nan = math.nan
        return _Effect((nan, nan, nan), (0.0, 0.0, nan), (nan, nan, nan))
    if after.total == 0:
        return _fallen_to_nothing(before, after, shift)
    level = after.total / after.exposure
    if before.total == 0:
        error = _half_width(after, shift, HALF_LEVEL)
        most = NOTHING_SEEN * after.event / before.exposure
        low = math.exp(after.log - shift[0] - error) / most if most > 0 else math.inf
        ratio: Interval = (math.inf, low, math.inf)
    else:
        value = after.log - before.log - shift[0]
        own = _Step(value, before.variance + after.variance, _freedom(before, after))
        error = _half_width(own, shift, 0.95)
        ratio = (math.exp(value), math.exp(value - error), math.exp(value + error))
    without = (level / ratio[0], level / ratio[2], level / ratio[1])
    return _Effect(ratio, without, (level - without[0], level - without[2], level - without[1]))


def _fallen_to_nothing(before: _Side, after: _Side, shift: tuple[float, float, float]) -> _Effect:
    """Without the action there would have been something: the level before, moved by the others."""
    error = _half_width(before, shift, HALF_LEVEL)
    without = tuple(math.exp(before.log + shift[0] + move) for move in (0.0, -error, error))
    most = NOTHING_SEEN * before.event / after.exposure
    return _Effect(
        (0.0, 0.0, most / without[1]),
        (without[0], without[1], without[2]),
        (-without[0], -without[2], most - without[1]),
    )


def _half_width(own: _Side | _Step, shift: tuple[float, float, float], level: float) -> float:
    """Half the width of an interval on the log scale: noise of one's own days, and of what the others did."""
    _, variance, freedom = shift
    total = own.variance + variance
    df = total**2 / (own.variance**2 / own.freedom + (variance**2 / freedom if variance else 0.0))
    return critical_value(level, df=df).item() * math.sqrt(total)


def _nothing_note(before: _Side, after: _Side) -> Message | None:
    if before.total == 0 and after.total == 0:
        return Message("There was nothing here before the action, and nothing since.")
    if after.total == 0:
        return Message("Nothing at all came in since the action; the interval allows for chance.")
    if before.total == 0:
        return Message("There was nothing at all before the action; the interval allows for chance.")
    return None


def _daily(frame: pd.DataFrame) -> pd.DataFrame:
    import pandas as pd

    missing = {"date", "numerator"} - set(frame.columns)
    if missing:
        raise DataError(
            Message("The daily table lacks {columns}.", columns=", ".join(sorted(missing))),
            Message("Give one row a day with date, numerator and, for a rate, denominator."),
        )
    days = pd.DataFrame(
        {
            "date": pd.to_datetime(frame["date"]).dt.date,
            "numerator": frame["numerator"].astype(float),
            "denominator": frame["denominator"].astype(float) if "denominator" in frame else 1.0,
        }
    )
    # A sum over a day with an unknown part is unknown, not smaller.
    days = days.groupby("date", as_index=False).sum(skipna=False).dropna().sort_values("date")
    return days if "denominator" in frame else days.assign(denominator=1.0)


def _whole_weeks(period: Period) -> Period:
    """`period` cut at the end so that it holds each weekday equally often."""
    return Period(period.start, period.start + dt.timedelta(days=period.days // 7 * 7 - 1))


def _inside(days: pd.DataFrame, period: Period) -> pd.DataFrame:
    return days[(days["date"] >= period.start) & (days["date"] <= period.end)]


def _side(days: pd.DataFrame, period: Period) -> _Side | None:
    """One window of a segment; None when it has too few days, or nobody who could have done it."""
    part = _inside(days, period)
    y, exposure = part["numerator"].to_numpy(), part["denominator"].to_numpy()
    if len(y) < FEWEST_DAYS or exposure.sum() <= 0:
        return None
    total = float(y.sum())
    if total <= 0:
        return _Side(total, float(exposure.sum()), math.nan, math.nan, math.nan)
    seasonal = _weekday_factors(part["date"].to_numpy(), y, exposure) if len(y) >= 2 * FEWEST_DAYS else 1.0
    expected = exposure * seasonal * total / (exposure * seasonal).sum()
    freedom = len(y) - (7 if len(y) >= 2 * FEWEST_DAYS else 1)
    # Sandwich: the squared misses of the days. Never less than what independent events would show.
    noise = max(float(((y - expected) ** 2).sum()) * len(y) / freedom, _floor(y, exposure))
    event = noise / total if np.any(y != np.round(y)) else max(noise / total, 1.0)
    return _Side(total, float(exposure.sum()), max(noise / total**2, LEAST_VARIANCE), freedom, event)


def _control(frame: pd.DataFrame, base: Period, window: Period) -> _Step | None:
    """Log ratio of the two windows of an untouched segment; None when a window has no days or nothing happened."""
    days = _daily(frame)
    before, after = _side(days, base), _side(days, window)
    if before is None or after is None or before.total <= 0 or after.total <= 0:
        return None
    return _Step(after.log - before.log, before.variance + after.variance, _freedom(before, after))


def _freedom(before: _Side, after: _Side) -> float:
    """Degrees of freedom of the sum of both variances (Satterthwaite)."""
    bread = before.variance**2 / before.freedom + after.variance**2 / after.freedom
    return (before.variance + after.variance) ** 2 / bread


def _floor(y: Floats, exposure: Floats) -> float:
    """Binomial variance of a sum of counts when they are counts out of counts; 0 for money."""
    total, whole = float(y.sum()), float(exposure.sum())
    if np.any(y != np.round(y)) or total > whole:
        return 0.0
    # Half a miss where there was none: a rate of 100 % is no proof that nothing can be missed.
    return total * max(1 - total / whole, 0.5 / whole)


def _weekday_factors(dates: ArrayLike, y: Floats, exposure: Floats) -> Floats:
    """How each day's weekday compares with the mean, from two weeks or more."""
    weekday = np.array([day.weekday() for day in np.asarray(dates, dtype=object)])
    top = np.bincount(weekday, y, 7)
    bottom = np.bincount(weekday, exposure, 7)
    rates = np.divide(top, bottom, out=np.full(7, np.nan), where=bottom > 0)
    factors: Floats = np.where(np.isfinite(rates) & (rates > 0), rates, np.nanmean(rates))[weekday]
    return factors


def _counterfactual_shift(controls: list[_Step]) -> tuple[float, float, float]:
    """What the untouched segments did: mean log ratio, variance of a prediction for one more segment, its freedom.

    The variance is that of the weighted mean plus the between-segment variance, because the treated segment would have
    drifted by itself as much as they did.
    """
    if not controls:
        return 0.0, 0.0, math.inf
    values = np.array([step.value for step in controls])
    variances = np.array([step.variance for step in controls])
    weights = 1 / variances
    mean = float((weights * values).sum() / weights.sum())
    if len(controls) == 1:
        return mean, float(variances[0]), controls[0].freedom
    between = _between_variance(values, variances)
    weights = 1 / (variances + between)
    mean = float((weights * values).sum() / weights.sum())
    return mean, float(1 / weights.sum()) + between, float(len(values) - 1)


def _between_variance(values: Floats, variances: Floats) -> float:
    """How much segments drift apart beyond their own noise: the median-unbiased Paule-Mandel estimate.

    It solves Q(between) = median of the chi-square with K - 1 degrees of freedom (Viechtbauer and others, 2015); the
    usual moment estimate is zero too often with a handful of controls, which would call luck a success.
    """
    from scipy import optimize, special

    target = float(special.chdtri(len(values) - 1, 0.5))

    def excess(between: float) -> float:
        weights = 1 / (variances + between)
        mean = (weights * values).sum() / weights.sum()
        return float((weights * (values - mean) ** 2).sum()) - target

    if excess(0.0) <= 0:
        return 0.0
    upper = float(np.sum((values - values.mean()) ** 2)) / target
    return float(optimize.brentq(excess, 0.0, upper))


def _money(after: _Side, window: Period, effect: _Effect, worth: float, currency: str) -> Amount | None:
    """Money a week: what came in beyond the counterfactual."""
    if not math.isfinite(worth) or not math.isfinite(effect.gain[0]):
        return None
    unit = after.exposure / (window.days / 7) * worth
    value, low, high = (gain * unit for gain in effect.gain)
    return Amount(value, min(low, high), max(low, high), currency, "week")


def _verdict(ratio: Interval, direction: str, weekly: Amount | None, expected: float) -> Verdict:
    _, low, high = ratio
    good, bad = (low > 1, high < 1) if direction == "up" else (high < 1, low > 1)
    if good:
        return "worked"
    if bad:
        return "did_not_work"
    best = weekly.high if weekly is not None and direction == "up" else math.nan
    return "did_not_work" if math.isfinite(best) and best < expected / 2 else "no_evidence"


def _too_early(base: Period, start: dt.date, last: dt.date | None) -> Outcome:
    passed = 0 if last is None else max(0, (last - start).days + 1)
    note = (
        Message("{passed} of {needed} days have passed since the action began.", passed=passed, needed=FEWEST_DAYS)
        if passed < FEWEST_DAYS
        else Message("No figures for these days.")
    )
    nan = math.nan
    end = max(start, last or start)
    return Outcome("too_early", nan, (nan, nan), nan, nan, nan, None, base, Period(start, end), 0, (note,))
