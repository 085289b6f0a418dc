"""Which products deserve a place: do they meet the handbooks' conditions, and are they hot or long tail?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from ecops.errors import SpecError
from ecops.handbook import parameter
from ecops.inventory.supply.deliveries import verdicts
from ecops.messages import Count, Message
from ecops.statistics import wilson

if TYPE_CHECKING:
    import pandas as pd


def selection(table: pd.DataFrame, overrides: Mapping[str, float] | None = None) -> pd.DataFrame:
    """The handbooks' conditions for taking a product: margin of 30 %, returns below 5 %, an ROI of 2.5.

    Args:
        table: sku, title, gross_margin (share), units (sold), returned (units), roi (sales over promotion; infinite or
            NaN without promotion).
        overrides: thresholds of the handbook.

    Returns:
        sku, title, the figures, return_rate with return_low and return_high (Wilson), and a verdict each: margin,
        returns, roi ("pass", "fail", "unknown"; returns also "pass_unproven", "fail_unproven", "too_few"), and taken:
        "pass" when all known ones pass, "fail" when any fails, else "unproven".
    """
    margin, roi = (parameter(f"finance.{key}", overrides) for key in ("gross_margin_min", "sku_roi_min"))
    returns = parameter("service.return_rate_max", overrides)
    back = np.minimum(table["returned"].to_numpy(), table["units"].to_numpy())
    low, high = wilson(back, table["units"].to_numpy())
    units = table["units"].to_numpy(dtype=float)
    known_roi = np.isfinite(table["roi"])
    found = table.assign(
        return_rate=back / np.where(units > 0, units, np.nan),
        return_low=low,
        return_high=high,
        margin_verdict=np.where(
            table["gross_margin"].isna(), "unknown", np.where(table["gross_margin"] >= margin, "pass", "fail")
        ),
        return_verdict=verdicts(back, units, returns),
        roi_verdict=np.where(~known_roi, "unknown", np.where(table["roi"] >= roi, "pass", "fail")),
    )
    told = found[["margin_verdict", "return_verdict", "roi_verdict"]]
    failed = (told == "fail").any(axis=1)
    passed = told.isin(["pass", "unknown"]).all(axis=1) & (told == "pass").any(axis=1)
    return found.assign(taken=np.where(failed, "fail", np.where(passed, "pass", "unproven"))).reset_index(drop=True)


def quadrant(table: pd.DataFrame, overrides: Mapping[str, float] | None = None) -> pd.Series[Any]:
    """Where a product stands between demand and margin.

    "hot": large demand and a supplier that keeps its word. "hot_at_risk": large demand, a supplier that does not.
    "long_tail": small demand and a high margin. "": the rest.

    Args:
        table: rate (units a day), gross_margin (share), supplier_verdict (of `verdict`).
        overrides: thresholds of the handbook.
    """
    import pandas as pd

    least = parameter("finance.gross_margin_min", overrides)
    sells = table["rate"] > 0
    large = sells & (table["rate"] >= table.loc[sells, "rate"].quantile(0.8)) if sells.any() else sells
    late = table["supplier_verdict"] == "fail"
    small = sells & (table["rate"] < table.loc[sells, "rate"].median()) if sells.any() else sells
    kind = np.select(
        [large & late, large, small & (table["gross_margin"] >= least)], ["hot_at_risk", "hot", "long_tail"], ""
    )
    return pd.Series(kind, index=table.index, name="quadrant")


@dataclass(frozen=True, slots=True)
class TrialGate:
    """Whether a trial batch has shown enough.

    Attributes:
        sold, batch: units.
        rate: share sold.
        low, high: 95 % interval of it (Wilson).
        goal: share that had to be sold.
        verdict: "go" when the interval lies above the goal, "stop" when below, else "wait".
        more: units more of batch and sale, at the present rate, that would decide; 0 when decided, infinite when the
            rate is the goal.
        sentence: the verdict in words.
    """

    sold: float
    batch: float
    rate: float
    low: float
    high: float
    goal: float
    verdict: Literal["go", "stop", "wait"]
    more: float
    sentence: Message


def trial_gate(sold: float, batch: float, goal: float = 0.6) -> TrialGate:
    """Go on, stop or wait after a trial sale.

    Args:
        sold: units sold within the agreed days.
        batch: units that were offered.
        goal: share that had to be sold.

    Raises:
        SpecError: more was sold than offered, or the goal is no share.

    >>> trial_gate(45, 50).verdict, trial_gate(10, 50).verdict, trial_gate(33, 50).verdict
    ('go', 'stop', 'wait')
    """
    if not (0 <= sold <= batch and batch > 0 and 0 < goal < 1):
        raise SpecError(
            Message("{sold} sold of {batch} is not possible.", sold=Count(sold), batch=Count(batch)),
            Message("Give the units of the batch, those sold of them, and a goal between 0 and 1."),
        )
    low, high = (float(end) for end in wilson(sold, batch))
    rate = sold / batch
    decided: Literal["go", "stop", "wait"] = "go" if low >= goal else "stop" if high < goal else "wait"
    more = 0.0
    if decided == "wait":
        more = float("inf") if rate == goal else max(1.96**2 * rate * (1 - rate) / (rate - goal) ** 2 - batch, 1.0)
    words: dict[str, Any] = {"sold": Count(sold), "batch": Count(batch)}
    sentence = {
        "go": Message("{sold} of {batch} sold: beyond the goal for sure, produce.", **words),
        "stop": Message("{sold} of {batch} sold: below the goal for sure, stop.", **words),
        "wait": Message("{sold} of {batch} sold: not decided yet, keep selling.", **words),
    }[decided]
    return TrialGate(sold, batch, rate, low, high, goal, decided, float(np.ceil(more)), sentence)
