"""How long do orders take, and how often are they late or faulty? With the verdict that the numbers bear, and no more.

A supplier with no late delivery out of 20 has proven nothing: up to 16 % could still be late. Hence every rate has its
interval (Wilson 1927), and a verdict says whether the limit is kept or broken beyond chance.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import ArrayLike

from ecops.handbook import parameter
from ecops.inventory.supply.waiting import Waits, outstanding, waited, waits
from ecops.statistics import wilson

if TYPE_CHECKING:
    import pandas as pd

Verdict = Literal["pass", "fail", "pass_unproven", "fail_unproven", "too_few", "unknown"]
"""pass, fail: the whole interval is on one side of the limit. *_unproven: the rate is, the interval is not. too_few:
not even a spotless record of this length would prove that the limit is kept. unknown: no record."""


def verdict(bad: float, total: float, limit: float) -> Verdict:
    """Whether a rate keeps to a limit from above.

    Args:
        bad: late deliveries, faulty units.
        total: deliveries, units.
        limit: highest rate allowed, a share.

    >>> verdict(5, 200, 0.03), verdict(12, 1000, 0.01), verdict(0, 20, 0.03), verdict(30, 103, 0.03)
    ('pass_unproven', 'fail_unproven', 'too_few', 'fail')
    """
    return verdicts([bad], [total], limit)[0]


def verdicts(bad: ArrayLike, total: ArrayLike, limit: float) -> list[Verdict]:
    """`verdict` of many rates at once."""
    wrong, whole = np.asarray(bad, dtype=np.float64), np.asarray(total, dtype=np.float64)
    low, high = wilson(wrong, whole)
    kept = wrong / np.where(whole > 0, whole, 1.0) <= limit
    found = np.select(
        [~(whole > 0), low > limit, high <= limit, kept & (wilson(np.zeros(len(whole)), whole).high > limit), kept],
        ["unknown", "fail", "pass", "too_few", "pass_unproven"],
        "fail_unproven",
    )
    return list(found.tolist())


def suppliers(
    purchases: pd.DataFrame, today: dt.date | None = None, overrides: Mapping[str, float] | None = None
) -> pd.DataFrame:
    """How every supplier delivered.

    Args:
        purchases: one row a product and receipt: supplier, sku, ordered_on, promised_on, received_on, quantity,
            received_quantity, defect_quantity, and inspected_quantity where only a sample was looked at.
        today: orders promised before it and not received are overdue; the last day of the table when None.
        overrides: thresholds of the handbook, see `ecops.handbook.parameter`.

    Returns:
        One row a supplier, the worst first: supplier, deliveries (with a promised day), late, late_rate, late_low,
        late_high, late_verdict, units (inspected), defects, defect_rate, defect_low, defect_high, defect_verdict,
        lead_days (mean from order to receipt, units still to come with what they have waited), lead_sd, promised_days,
        delay_days (mean of late ones), open, overdue (orders), products. Rates are shares; NaN where nothing divides
        them.
    """
    import pandas as pd

    rows = dated(purchases)
    day = pd.Timestamp(today or rows[["ordered_on", "received_on"]].max().max())
    came = rows["received_on"].notna()
    promised = came & rows["promised_on"].notna()
    late = promised & (rows["received_on"] > rows["promised_on"])
    units = np.where(came, rows["received_quantity"].fillna(rows["quantity"]), 0.0)
    inspected = came & rows["defect_quantity"].notna()
    told = pd.DataFrame(
        {
            "supplier": rows["supplier"],
            "deliveries": promised.astype(int),
            "late": late.astype(int),
            "units": np.where(inspected, np.fmin(units, rows["inspected_quantity"].fillna(np.inf)), 0.0),
            "defects": np.where(inspected, rows["defect_quantity"].fillna(0.0), 0.0),
            "received": came.astype(int),
            "promised_days": (rows["promised_on"] - rows["ordered_on"]).dt.days,
            "delay_days": (rows["received_on"] - rows["promised_on"]).dt.days.where(late),
        }
    )
    groups = told.groupby("supplier", sort=True)
    sums = groups[["deliveries", "late", "units", "defects", "received"]].sum()
    still = outstanding(rows)
    still = still[still["missing"] > 0].assign(overdue=still["promised_on"] < day).groupby("supplier")["overdue"]
    sums = sums.assign(
        open=still.size().reindex(sums.index, fill_value=0), overdue=still.sum().reindex(sums.index, fill_value=0)
    )
    lead = _waits(waited(rows, day.date()), "supplier", list(sums.index))
    found = sums.assign(
        lead_days=lead.mean,
        lead_sd=lead.sd,
        promised_days=groups["promised_days"].mean(),
        delay_days=groups["delay_days"].mean(),
        products=rows.groupby("supplier")["sku"].nunique(),
    ).reset_index()
    limits = (parameter("supplier.delay_max", overrides), parameter("supplier.defect_max", overrides))
    for name, bad, whole, limit in (
        ("late", "late", "deliveries", limits[0]),
        ("defect", "defects", "units", limits[1]),
    ):
        # Whole units: half a unit is no observation.
        low, high = wilson(found[bad].to_numpy(), found[whole].to_numpy())
        with np.errstate(invalid="ignore", divide="ignore"):
            rate = found[bad].to_numpy() / np.where(found[whole] > 0, found[whole], np.nan)
        found = found.assign(
            **{
                f"{name}_rate": rate,
                f"{name}_low": low,
                f"{name}_high": high,
                f"{name}_verdict": verdicts(found[bad], found[whole], limit),
            }
        )
    order = found["late_rate"].fillna(-1.0)
    return found.iloc[np.argsort(-order.to_numpy(), kind="stable")].reset_index(drop=True)


def dated(purchases: pd.DataFrame) -> pd.DataFrame:
    """Purchases with days as days and numbers as numbers; columns that are missing are empty."""
    import pandas as pd

    rows = purchases.copy()
    for name in ("ordered_on", "promised_on", "received_on", "declared_on", "cleared_on"):
        rows[name] = pd.to_datetime(rows[name]) if name in rows else pd.NaT
    for name in ("received_quantity", "defect_quantity", "inspected_quantity"):
        rows[name] = pd.to_numeric(rows[name], errors="coerce") if name in rows else np.nan
    rows["status"] = rows["status"].fillna("") if "status" in rows else ""
    rows["supplier"] = rows["supplier"].fillna("") if "supplier" in rows else ""
    return rows


def _waits(told: pd.DataFrame, column: str, names: list[str]) -> Waits:
    """Waits by the names of a column."""
    import pandas as pd

    place = pd.Index(names).get_indexer(told[column])
    kept = (place >= 0) & ~told["forgotten"].to_numpy(dtype=bool)
    days, ended, part = (told[name].to_numpy()[kept] for name in ("days", "ended", "part"))
    return waits(days, ended, place[kept], len(names), part)


def lead_times(purchases: pd.DataFrame, skus: list[str], least: int = 5, today: dt.date | None = None) -> pd.DataFrame:
    """Mean and standard deviation of the days from order to receipt, for each product.

    Args:
        purchases: see `suppliers`.
        skus: of whom.
        least: so many receipts make a product's own figure; with fewer its supplier's is taken.
        today: open orders count with the days they have waited until then; not at all when None.

    Returns:
        sku, supplier (who delivered it last, "" when nobody), receipts, lead_days, lead_sd (days; NaN when not known),
        lead_source ("product", "supplier" or ""). Waits of open orders are lower bounds, see `waits`.
    """
    import pandas as pd

    rows = dated(purchases)
    told = waited(rows, today)
    names = sorted(set(rows["supplier"].tolist()))
    own, theirs = _waits(told, "sku", skus), _waits(told, "supplier", names)
    last = rows.sort_values(["ordered_on", "po_id"], kind="stable").groupby("sku")["supplier"].last()
    found = pd.DataFrame({"sku": skus})
    found["supplier"] = found["sku"].map(last).fillna("").astype(str)
    found["receipts"] = own.receipts
    enough = own.receipts >= least
    place = pd.Index(names).get_indexer(found["supplier"])
    known = (place >= 0) & ~enough & bool(names)
    backed = known & (np.append(theirs.receipts, 0)[place] >= least)
    for name, mine, supplier in (("lead_days", own.mean, theirs.mean), ("lead_sd", own.sd, theirs.sd)):
        found[name] = np.where(enough, mine, np.where(backed, np.append(supplier, np.nan)[place], np.nan))
    found["lead_source"] = np.where(enough, "product", np.where(backed, "supplier", ""))
    return found
