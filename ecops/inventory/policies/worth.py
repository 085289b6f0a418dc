"""What did each rule cost in lost profit and in stock held, and is the difference more than chance?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from ecops.inventory.demand.panel import Floats
from ecops.inventory.policies.replay import Replay
from ecops.statistics import critical_value

if TYPE_CHECKING:
    import pandas as pd

_MONTH = 28
_FEW = 10
"""Differences of fewer products have no interval to rely on."""


def worth(runs: Mapping[str, Replay], profit: Floats, holding: Floats, base: str = "learned") -> pd.DataFrame:
    """The cost of every rule in four weeks, beside that of one of them.

    Every rule met the same demand and the same lead times, so products are compared with themselves. What one product
    differs by says nothing of another; that is what the interval rests on.

    Args:
        runs: rule -> what it delivered on the same products and days.
        profit: of a unit, money, shape (n,); units of unknown profit count nothing.
        holding: cost of a unit in stock for a day, money, shape (n,).
        base: the rule the others are compared with.

    Returns:
        rule, lost (profit of units that were asked for and not there), held (cost of the stock), cost (both), all money
        in four weeks; more (cost beyond that of `base`) with low and high (95 % interval over products, t distribution;
        NaN under ten products), verdict ("dearer", "cheaper", "unproven"; "base" of the rule itself).
    """
    import pandas as pd

    gain, rate = np.maximum(np.nan_to_num(profit), 0.0), np.nan_to_num(holding)
    costs = {key: (run.lost * gain * _MONTH / run.days, run.stock * rate * _MONTH) for key, run in runs.items()}
    mine = sum(costs[base])
    rows = []
    for key, (lost, held) in costs.items():
        apart = lost + held - mine
        more, n = float(apart.sum()), len(apart)
        error = float(apart.std(ddof=1) * np.sqrt(n)) if n >= _FEW else float("nan")
        reach = float(critical_value(df=max(n - 1.0, 1.0))) * error
        low, high = more - reach, more + reach
        verdict = "base" if key == base else "dearer" if low > 0 else "cheaper" if high < 0 else "unproven"
        rows.append((key, float(lost.sum()), float(held.sum()), float((lost + held).sum()), more, low, high, verdict))
    return pd.DataFrame(rows, columns=["rule", "lost", "held", "cost", "more", "low", "high", "verdict"])
