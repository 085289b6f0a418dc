"""Shall a new product be produced? The handbook says from 500 deposits on, the money says from break-even on."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from ecops.presale.campaigns.series import Series, usable
from ecops.presale.futures.curve import completion_curve
from ecops.presale.futures.predict import predict
from ecops.presale.spec import Spec

Verdict = Literal["go", "no_go", "open"]
"""go: enough balances will surely be paid. no_go: surely not. open: neither is sure."""


@dataclass(frozen=True, slots=True)
class Gate:
    """How far a campaign is from the gate, and whether production pays.

    Attributes:
        target: units of deposits that open production.
        deposits: units so far.
        progress: share of the target reached, may exceed 1.
        probability: that the target is reached before the window closes; 1 when it is reached.
        day: day on which it is reached in the middle one of the futures that reach it; None when fewer than one in
            twenty does, or when it is reached already.
        early, late: of these futures, nine in ten reach it between these days; None as `day`.
        break_even: paid units from which production pays.
        paid: paid units expected.
        paid_low, paid_high: 90 % interval of them.
        paid_probability: that at least `break_even` units are paid.
        verdict: see `Verdict`.
    """

    target: float
    deposits: float
    progress: float
    probability: float
    day: dt.date | None
    early: dt.date | None
    late: dt.date | None
    break_even: float
    paid: float
    paid_low: float
    paid_high: float
    paid_probability: float
    verdict: Verdict


def gate(
    now: Series,
    past: Sequence[Series] = (),
    *,
    target: float | None = None,
    break_even: float | None = None,
    sure: float = 0.9,
    spec: Spec | None = None,
) -> Gate:
    """The gate of a new product.

    Args:
        now: its deposits so far.
        past: campaigns of other products, for completion and conversion.
        target: units of deposits; the handbook's 500 when None.
        break_even: paid units from which production pays; `target` when None.
        sure: probability from which the answer is go; 1 - sure makes it no_go.
        spec: draws, seed, cancel, thresholds.
    """
    from ecops.handbook import parameter

    chosen = spec or Spec()
    wanted = parameter("inventory.presale_gate_units", chosen.thresholds) if target is None else target
    pays = wanted if break_even is None else break_even
    found = predict(now, past, None, chosen)
    reached = found.deposits >= wanted
    chance = 1.0 if now.total >= wanted else float(reached.mean())
    days = _days(now, past, found.deposits[reached], wanted) if now.total < wanted and chance >= 0.05 else None
    low, high = found.interval("paid")
    paid_chance = float((found.paid >= pays).mean())
    verdict: Verdict = "go" if paid_chance >= sure else "no_go" if paid_chance <= 1 - sure else "open"
    early, day, late = days or (None, None, None)
    return Gate(
        wanted, now.total, now.total / wanted, chance, day, early, late, pays, found.mean("paid"), low, high,
        paid_chance, verdict,
    )  # fmt: skip


def _days(now: Series, past: Sequence[Series], finals: np.ndarray, target: float) -> tuple[dt.date, dt.date, dt.date]:
    """Early, middle and late day of reaching the target in the futures that do, along the shape of the curve."""
    shares = np.arange(now.seen, now.days + 1) / now.days
    path = completion_curve(usable(past, now.sku)).path(shares)
    # The way from today to the end, as a share of what still comes.
    way = (path - path[0]) / max(path[-1] - path[0], 1e-9)
    wanted = (target - now.total) / np.maximum(finals - now.total, 1e-9)
    place = np.clip(np.searchsorted(way, wanted - 1e-12), 1, len(way) - 1)
    early, middle, late = (int(day) for day in np.quantile(place, (0.05, 0.5, 0.95), method="inverted_cdf"))
    first = now.opens + dt.timedelta(days=now.seen - 1)
    return (
        first + dt.timedelta(days=early), first + dt.timedelta(days=middle), first + dt.timedelta(days=late)
    )  # fmt: skip
