"""Each metric of each arm against the control, by the test that fits the metric and the shape of the data."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from ecops.errors import DataError, EcopsError
from ecops.experiments.design.drafting import SPREAD
from ecops.experiments.design.spec import Experiment, Metric
from ecops.experiments.reading.tally import Tally, Totals
from ecops.experiments.statistics.capping import Cap
from ecops.experiments.statistics.days import FEWEST_DAYS, daily
from ecops.experiments.statistics.effects import Effect
from ecops.experiments.statistics.means import compare_means, cuped
from ecops.experiments.statistics.proportions import compare_proportions
from ecops.experiments.statistics.ratios import compare_ratios
from ecops.experiments.statistics.samples import Moments, sample_from_sums
from ecops.messages import Message

FEW_CONVERSIONS = 20.0
"""Conversions in an arm below which a rate is not adjusted by covariates: the exact test cannot be."""


def compare_arms(
    tally: Tally, spec: Experiment, metric: Metric, arm: str, caps: Mapping[str, Cap], *, adjust: bool = True
) -> Effect:
    """One metric of one arm against the control, with the interval of a single look.

    Raises:
        EcopsError: there is no honest test of this metric with these data.
    """
    for name in (spec.control, arm):
        if not tally.users.get(name, 0):
            raise DataError(
                Message("The arm {name} has no users in the data.", name=name),
                Message("Found are: {names}.", names=", ".join(map(str, tally.users))),
            )
        if tally.users[name] < 2:
            raise DataError(
                Message("The arm {name} has one user only; a comparison needs more.", name=name),
                Message("Check the arm column and wait for more users."),
            )
    if tally.totals is None:
        arms = tally.moments("", caps)[""]
        past = covariates(tally, spec, metric) if adjust else ()
        return compare_moments(metric, arms[spec.control], arms[arm], past, spec.alpha)
    if len(common_days(tally.totals, metric, (spec.control, arm))) >= FEWEST_DAYS:
        return compare_days(tally.totals, metric, spec.control, arm, spec.alpha)
    return _compare_totals(tally.totals, metric, spec.control, arm, spec.alpha)


def covariates(tally: Tally, spec: Experiment, metric: Metric) -> tuple[str, ...]:
    """Covariates of a metric, with the columns that say where they are missing."""
    own = spec.covariates_of(metric)
    return (*own, *(tally.indicators[name] for name in own if name in tally.indicators))


def compare_moments(
    metric: Metric, control: Moments, treatment: Moments, past: tuple[str, ...], alpha: float
) -> Effect:
    """One metric from joint moments."""
    for part in (control, treatment):
        if part.n < 2:
            raise DataError(Message("An arm has fewer than two users here."))
    if metric.kind == "proportion":
        a, b = control.sample(metric.column), treatment.sample(metric.column)
        few = min(x.n * min(x.mean, 1 - x.mean) for x in (a, b)) < FEW_CONVERSIONS
        if few or not past:
            return compare_proportions(a, b, alpha)
    if past:
        return cuped(control, treatment, metric.quantity, past, alpha, money=metric.unit != "rate")
    if metric.kind == "ratio":
        money = metric.unit != "rate"
        return compare_ratios(control, treatment, metric.column, metric.below, alpha, money=money)
    return compare_means(control.sample(metric.column), treatment.sample(metric.column), alpha)


def _totals_column(metric: Metric) -> str:
    return metric.total or metric.column


def common_days(totals: Totals, metric: Metric, arms: tuple[str, ...]) -> Any:
    """Positions of the days on which every arm has this metric's totals."""
    columns = (_totals_column(metric), metric.total_below)
    wanted = [(arm, column) for arm in arms for column in columns]
    if not all(one in totals.values for one in wanted):
        return np.empty(0, dtype=np.int64)
    return np.flatnonzero(~np.isnan([totals.values[one] for one in wanted]).any(axis=0))


def compare_days(
    totals: Totals, metric: Metric, control: str, arm: str, alpha: float, last: float = math.inf
) -> Effect:
    """One metric from totals by day, over the days of both arms up to the one at position `last`."""
    days = common_days(totals, metric, (control, arm))
    days = days[days <= last]
    column = _totals_column(metric)
    a, b = (
        (totals.values[(name, column)][days], totals.values[(name, metric.total_below)][days])
        for name in (control, arm)
    )
    return daily(a, b, alpha)


def _compare_totals(totals: Totals, metric: Metric, control: str, arm: str, alpha: float) -> Effect:
    column = _totals_column(metric)
    sums = [totals.sum(name, column) for name in (control, arm)]
    users = [totals.sum(name, "users") for name in (control, arm)]
    if any(math.isnan(value) for value in (*sums, *users)):
        raise DataError(
            Message("The totals have no column {name}.", name=column), Message("Export it, or choose another metric.")
        )
    if metric.kind == "proportion" and metric.total_below == "users":
        return compare_proportions((users[0], sums[0]), (users[1], sums[1]), alpha)
    if metric.kind == "mean" and metric.squares and totals.has(metric.squares):
        squares = [totals.sum(name, metric.squares) for name in (control, arm)]
        a, b = (
            replace(sample_from_sums(*one), active=_buyers(totals, name, *one))
            for name, one in zip((control, arm), zip(users, sums, squares, strict=True), strict=True)
        )
        return compare_means(a, b, alpha)
    raise DataError(
        Message(
            "Totals alone do not show how {name} varies between users, so no test of it is honest.", name=metric.label
        ),
        Message("Upload one row a user, or the totals of each day for at least {n} days.", n=7),
    )


def _buyers(totals: Totals, arm: str, users: float, total: float, squares: float) -> float:
    """Users behind a total of money: as the file counts them, else as many as order values of usual spread suggest."""
    found = next((totals.sum(arm, name) for name in ("conversions", "orders") if totals.has(name)), math.nan)
    usual = total**2 * (1 + SPREAD**2) / squares if squares > 0 else users
    return min(users, found if found > 0 else usual)


def point_estimate(tally: Tally, metric: Metric, arm: str) -> float:
    """The plain figure of an arm from totals, for metrics that cannot be tested; NaN when unknown."""
    if tally.totals is None:
        return math.nan
    top, below = tally.totals.sum(arm, _totals_column(metric)), tally.totals.sum(arm, metric.total_below)
    return top / below if below else math.nan


def attempt(tally: Tally, spec: Experiment, metric: Metric, arm: str, caps: Mapping[str, Cap]) -> Effect | EcopsError:
    """`compare_arms`, with the refusal as a value."""
    try:
        return compare_arms(tally, spec, metric, arm, caps)
    except EcopsError as refusal:
        return refusal
