"""Synthetic experiments with a planted truth."""

import datetime as dt

import numpy as np
import pandas as pd

from ecops.experiments.reading.tally import Tally, Totals

START = dt.date(2026, 11, 2)


def shop(n=40_000, days=21, lift=0.0, share=0.5, rate=0.05, seed=1, past=0.0):
    """One row a user: conversion at `rate`, in arm B times (1 + lift); `past` is how much history explains."""
    rng = np.random.default_rng(seed)
    arm = np.where(rng.random(n) < share, "B", "A")
    taste = rng.normal(0, 1, n)
    chance = np.where(arm == "B", rate * (1 + lift), rate) * np.exp(past * taste - past**2 / 2)
    converted = rng.random(n) < chance
    orders = converted * (1 + rng.poisson(0.2, n))
    revenue = np.where(converted, rng.lognormal(4.5, 0.6, n) * orders, 0.0).round(2)
    return pd.DataFrame(
        {
            "unit_id": [f"u{at}" for at in range(n)],
            "variant": arm,
            "exposed_at": pd.Timestamp("2026-11-02") + pd.to_timedelta(rng.integers(0, days, n), unit="D"),
            "device": np.where(rng.random(n) < 0.7, "mobile", "desktop"),
            "converted": converted,
            "orders": orders,
            "revenue": revenue,
            "impressions": rng.poisson(4, n) + 1,
            "pre_value": np.exp(taste),
        }
    )


def totals(frame, *by):
    """Totals by arm (and `by`) as a platform would export them."""
    found = (
        frame.assign(squares=frame.revenue**2)
        .groupby(["variant", *by], as_index=False)
        .agg(
            users=("converted", "size"),
            conversions=("converted", "sum"),
            orders=("orders", "sum"),
            revenue=("revenue", "sum"),
            revenue_squares=("squares", "sum"),
        )
    )
    return found.rename(columns={"exposed_at": "date"})


def summed(days=(), conversions=(50.0, 50.0), users=(1_000.0, 1_000.0), **changes):
    """Totals of two arms as they were read, `days` long where that is given."""
    values = {}
    for at, arm in enumerate("AB"):
        values |= {(arm, "users"): np.array([users[at]]), (arm, "conversions"): np.array([conversions[at]])}
    ends = {} if not days else {"first_day": START, "last_day": START + dt.timedelta(days - 1)}
    return Tally("totals", dict(zip("AB", users, strict=True)), totals=Totals((), values), **ends, **changes)
