"""Before any verdict: was the traffic split as planned, and is every user in one arm and only once?"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy import special

from ecops.errors import SpecError
from ecops.experiments.statistics.effects import two_sided
from ecops.experiments.statistics.means import Quantity, linear_weights
from ecops.experiments.statistics.samples import Moments
from ecops.messages import Message

Level = Literal["green", "amber", "red"]
"""red: the result is not valid. amber: usable with care. green: nothing found."""

RED, AMBER = 0.003, 0.05
"""Chance, over all looks together, with which a test that is split as planned may be called off or be watched."""

PARTS = 6
"""Each kind of finding beside the split as a whole (by day, by segment, before the test) gets this part of `RED`."""

CONCENTRATIONS = (100.0, 1_000.0)
"""How near to the plan a wrong split may lie: shares that miss it by about 5 or 1.6 points of an even split."""

CROSSED_RED = 0.01
"""Share of users seen in several arms above which the result is not valid."""


@dataclass(frozen=True, slots=True)
class Split:
    """Planned against observed traffic (sample ratio mismatch).

    Attributes:
        p_value: chi-square test of the arms with planned traffic, for a single look and to be told only; NaN with fewer
            than two of them.
        evidence: how many times better other splits explain the users so far than the plan does, see `split_evidence`.
        drift: largest difference of an arm's observed and planned share, signed, in shares of all users.
        arm: the arm with that difference.
        leaked: users in arms that should get no traffic, or that nobody planned.
        level: red from evidence 333 on or with any leak, amber from 20 on.
    """

    p_value: float
    evidence: float
    drift: float
    arm: str
    leaked: int
    level: Level


@dataclass(frozen=True, slots=True)
class Check:
    """One thing looked at before the verdict.

    Attributes:
        key: "split", "split_segment", "split_day", "crossed", "duplicates", "balance", "weekdays", "outlier",
            "novelty", "surprise", "orders_as_users", ...
        level: see `Level`.
        text: what was found, as a sentence.
    """

    key: str
    level: Level
    text: Message


def split_evidence(seen: Sequence[float], shares: Sequence[float]) -> float:
    """How many times better splits near the plan explain the users than the plan itself (Lindon & Malek 2022).

    The ratio of a Dirichlet-multinomial to the planned multinomial likelihood, with Dirichlet parameters
    `concentration` x planned share, as the mean over `CONCENTRATIONS`. In a test that is split as planned it is a
    martingale that begins at 1, so whenever and however often one looks, it reaches 1 / alpha in at most a share alpha
    of all tests (Ville 1939).

    Args:
        seen: users of each arm so far.
        shares: planned share of each, > 0, adding up to 1.

    >>> round(split_evidence([10, 0], [0.5, 0.5]), 2)
    1.28
    """
    counts, plan = np.asarray(seen, dtype=np.float64), np.asarray(shares, dtype=np.float64)
    users = counts.sum()
    logs = [
        special.gammaln(size)
        - special.gammaln(size + users)
        + float((special.gammaln(size * plan + counts) - special.gammaln(size * plan)).sum())
        - float(counts @ np.log(plan))
        for size in CONCENTRATIONS
    ]
    return math.exp(min(700.0, float(special.logsumexp(logs)) - math.log(len(logs))))


def srm(counts: Mapping[str, float], weights: Mapping[str, float], tests: int = 1) -> Split:
    """Whether the arms got the traffic they were planned to get.

    Judged by `split_evidence`, which stays honest however often one looks. Told beside it is the p-value of Pearson's
    chi-square with (arms with planned traffic - 1) degrees of freedom (Fabijan et al., KDD 2019), which holds for one
    look only. An arm without planned traffic takes no part; any user there is a leak.

    Args:
        counts: arm -> users seen.
        weights: arm -> planned traffic in any unit; 0 for an arm that is switched off.
        tests: how many such tests are made side by side (segments, days); the limits are divided by it.

    >>> round(srm({"a": 5000, "b": 5200, "c": 0}, {"a": 1, "b": 1, "c": 0}).p_value, 4)
    0.0477
    >>> srm({"a": 5000, "b": 5000, "c": 300}, {"a": 1, "b": 1, "c": 0}).level
    'red'
    """
    if any(weight < 0 for weight in weights.values()) or sum(weights.values()) <= 0:
        raise SpecError(Message("The traffic weights must be 0 or more, and not all 0."))
    planned = {arm: weight for arm, weight in weights.items() if weight > 0}
    seen = {arm: float(counts.get(arm, 0)) for arm in planned}
    leaked = int(sum(count for arm, count in counts.items() if arm not in planned))
    users, traffic = sum(seen.values()), sum(planned.values())
    if users == 0:
        return Split(float("nan"), 1.0, 0.0, "", leaked, "red" if leaked else "green")
    expected = {arm: users * weight / traffic for arm, weight in planned.items()}
    chi_square = sum((seen[arm] - expected[arm]) ** 2 / expected[arm] for arm in planned)
    p_value = float(special.chdtrc(len(planned) - 1, chi_square)) if len(planned) > 1 else float("nan")
    drifts = {arm: (seen[arm] - expected[arm]) / users for arm in planned}
    worst = max(drifts, key=lambda arm: abs(drifts[arm]))
    evidence = split_evidence(list(seen.values()), [weight / traffic for weight in planned.values()])
    level: Level = "red" if leaked or evidence * RED >= tests else "amber" if evidence * AMBER >= tests else "green"
    return Split(p_value, evidence, drifts[worst], worst, leaked, level)


USUAL_SHARES = (
    0.5,
    0.9,
    0.8,
    0.75,
    0.95,
    0.7,
    0.6,
    2 / 3,
    0.99,
    0.85,
    0.1,
    0.2,
    0.25,
    0.05,
    0.3,
    0.4,
    1 / 3,
    0.01,
    0.15,
)
"""Shares that people give to the version as it was, the most usual first."""


def likely_splits(counts: Mapping[str, float], control: str) -> tuple[Mapping[str, float], ...]:
    """Usual splits that the users fit, the most usual first; a guess to be confirmed by somebody who knows.

    Args:
        counts: arm -> users seen, all of them planned.
        control: the arm that may have got another share than the others.

    >>> likely_splits({"a": 3610, "b": 390}, "a")
    ({'a': 0.9, 'b': 0.1},)
    """
    found = []
    for share in USUAL_SHARES:
        rest = (1 - share) / max(1, len(counts) - 1)
        plan = {arm: share if arm == control else round(rest, 6) for arm in counts}
        if srm(counts, plan).level == "green":
            found.append(plan)
    return tuple(found)


def balance(control: Moments, treatment: Moments, covariates: Sequence[Quantity]) -> tuple[float, ...]:
    """Two-sided p-value of each covariate's difference between the arms; from before the test, it must be chance.

    NaN where a covariate does not vary.
    """
    found = []
    for covariate in covariates:
        (before, wa), (after, wb) = linear_weights(control, covariate), linear_weights(treatment, covariate)
        used = (wa != 0) | (wb != 0)
        variance = sum(
            float(weights[used] @ arm.covariance[used][:, used] @ weights[used]) / arm.n
            for weights, arm in ((wa, control), (wb, treatment))
        )
        found.append(two_sided((after - before) / variance**0.5) if variance > 0 else float("nan"))
    return tuple(found)
