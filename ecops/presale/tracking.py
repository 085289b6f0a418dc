"""Does the running campaign follow the path that was predicted?"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

import numpy as np

from ecops.presale.campaigns.series import Series
from ecops.presale.futures.predict import deposits_by, origin_of, pace_of
from ecops.presale.spec import Spec

if TYPE_CHECKING:
    import pandas as pd

State = Literal["above", "below", "inside", "early"]
"""above, below: outside the 90 % band. inside: within it. early: too few days to say."""

_DRAWS = 2_000


@dataclass(frozen=True, slots=True)
class Track:
    """The path of deposits against its band.

    Attributes:
        table: one row a day of the window: date, deposits (units so far; NaN in the future), low, middle, high (90 %
            band: predicted at `origin` for days up to today, today for later ones; NaN up to `origin`), told ("origin"
            or "today": when the band was predicted).
        origin: day up to which the prediction knew the deposits that today is held against.
        state: of the last day seen, see `State`.
        p: probability, under the prediction of `origin`, of being at least so far from its middle, two-sided; NaN when
            `early`.
        expected: units expected by the last day seen, as predicted at `origin`; NaN when `early`.
    """

    table: pd.DataFrame
    origin: dt.date
    state: State
    p: float
    expected: float


def track(now: Series, past: Sequence[Series] = (), *, spec: Spec | None = None) -> Track:
    """Hold the deposits so far against what was predicted some days ago, and show where they lead.

    Args:
        now: the running campaign.
        past: campaigns that are over.
        spec: the seed.
    """
    import pandas as pd

    chosen = replace(spec or Spec(), draws=_DRAWS)
    seen, origin = now.seen, origin_of(now)
    pace = pace_of(now, past, chosen)
    rows = []
    p, expected = math.nan, math.nan
    state: State = "early"
    for day in range(1, now.days + 1):
        low = middle = high = math.nan
        told = ""
        if origin is not None and origin.seen < day <= seen:
            drawn = deposits_by(origin, past, day / now.days, chosen)
            low, middle, high = np.quantile(drawn, (0.05, 0.5, 0.95), method="inverted_cdf")
            told = "origin"
            if day == seen:
                p, state = _judged(now.total, drawn, low, high)
                expected = float(middle)
        elif day > seen:
            drawn = deposits_by(now, past, day / now.days, chosen, pace)
            low, middle, high = np.quantile(drawn, (0.05, 0.5, 0.95), method="inverted_cdf")
            told = "today"
        so_far = float(now.cumulative[day - 1]) if day <= seen else math.nan
        rows.append((now.opens + dt.timedelta(days=day - 1), so_far, low, middle, high, told))
    columns = ["date", "deposits", "low", "middle", "high", "told"]
    table = pd.DataFrame(rows, columns=columns)
    known = max(origin.seen if origin is not None else math.ceil(seen / 3), 1)
    return Track(table, now.opens + dt.timedelta(days=known - 1), state, p, expected)


def _judged(units: float, drawn: np.ndarray, low: float, high: float) -> tuple[float, State]:
    below, above = float((drawn <= units).mean()), float((drawn >= units).mean())
    state: State = "above" if units > high else "below" if units < low else "inside"
    return min(2 * min(below, above), 1.0), state
