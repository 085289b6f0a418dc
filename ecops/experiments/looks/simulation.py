"""Trust, but verify: how often would this analysis cry wolf on your own users, when nothing differs at all?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import special

from ecops.errors import DataError
from ecops.experiments.statistics.samples import Array
from ecops.messages import Message

_BATCH = 50


@dataclass(frozen=True, slots=True)
class AACheck:
    """False alarms among random splits of the same users.

    Attributes:
        share: share of splits called different at `alpha`; alpha is what was promised.
        low, high: 95 % interval of `share` (Wilson).
        alpha: error rate promised.
        p_values: shape (splits,), one p-value a split; flat between 0 and 1 when all is well.
    """

    share: float
    low: float
    high: float
    alpha: float
    p_values: Array


def aa_check(
    values: Any,
    denominators: Any = None,
    *,
    splits: int = 1000,
    weight: float = 0.5,
    alpha: float = 0.05,
    seed: int = 0,
) -> AACheck:
    """Split the users again and again at random and count how often the test finds a "difference".

    Args:
        values: one value a user (already capped, if the analysis caps), shape (users,).
        denominators: for a ratio metric, one denominator a user.
        splits: number of random splits.
        weight: share of users in the treatment.
        alpha: error rate promised.
        seed: of the random numbers.
    """
    tops = np.asarray(values, dtype=np.float64)
    bottoms = None if denominators is None else np.asarray(denominators, dtype=np.float64)
    users = len(tops)
    size = round(users * weight)
    if size < 2 or users - size < 2:
        raise DataError(Message("Too few users for a split into two arms."))
    rng = np.random.default_rng(seed)
    columns = [tops, tops**2]
    if bottoms is not None:
        columns += [bottoms, bottoms**2, tops * bottoms]
    table = np.column_stack(columns)
    table_all = table.sum(axis=0)
    found = []
    for start in range(0, splits, _BATCH):
        chosen = np.zeros((min(_BATCH, splits - start), users), dtype=bool)
        for row in chosen:
            row[rng.choice(users, size, replace=False, shuffle=False)] = True
        treated = chosen.astype(np.float64) @ table
        found.append(_p_values(table_all - treated, users - size, treated, size))
    p_values = np.concatenate(found)
    share = float((p_values < alpha).mean())
    z2 = 1.96**2
    middle = (share + z2 / (2 * splits)) / (1 + z2 / splits)
    half = 1.96 * np.sqrt(share * (1 - share) / splits + z2 / (4 * splits**2)) / (1 + z2 / splits)
    return AACheck(share, float(middle - half), float(middle + half), alpha, p_values)


def _p_values(control: Array, users_control: int, treatment: Array, users_treatment: int) -> Array:
    # Welch (means) or delta method (ratios) on sums, many splits at once.
    parts = []
    for sums, n in ((control, users_control), (treatment, users_treatment)):
        mean = sums[:, 0] / n
        variance = (sums[:, 1] - n * mean**2) / (n - 1)
        if sums.shape[1] > 2:
            below = sums[:, 2] / n
            ratio = mean / below
            spread = (sums[:, 3] - n * below**2) / (n - 1)
            cross = (sums[:, 4] - n * mean * below) / (n - 1)
            mean, variance = ratio, (variance - 2 * ratio * cross + ratio**2 * spread) / below**2
        parts.append((mean, variance / n, n))
    (ma, ea, na), (mb, eb, nb) = parts
    squared = ea + eb
    with np.errstate(divide="ignore", invalid="ignore"):
        df = squared**2 / (ea**2 / (na - 1) + eb**2 / (nb - 1))
        t = np.where(squared > 0, (mb - ma) / np.sqrt(squared), 0.0)
    p: Array = np.where(squared > 0, 2 * special.stdtr(np.maximum(df, 1.0), -np.abs(t)), 1.0)
    return p
