"""Daily roll-ups of what was sold: written beside the tables of a workspace, computed on the spot for frames.

`sales_lines` is the relation the others are made of; it is a view everywhere.
"""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Mapping

from ecops.engine import load_sql

NAMES = ("daily_sales", "daily_buyers", "daily_orders", "daily_items", "daily_newcomers", "daily_people")
"""Every roll-up, in the order in which they are made: the later ones are made of the earlier ones."""

SOLD = ("order_lines", "orders")
"""The canonical tables without which there is nothing to add up."""

INPUTS = (*SOLD, "products", "cost_history")
"""The canonical tables they are made of; the last two say what goods cost where no line does."""

BASE = "sales_lines"
"""The view between the two."""

PLAIN = "sold_lines"
"""What was sold without what the goods cost; much cheaper to read where nothing needs to be joined."""

ALONE = "sold_lines_alone"
"""The SELECT of `PLAIN` where only order lines are known, none of them by an ERP."""

VIEWS: Mapping[str, tuple[str, ...]] = {BASE: INPUTS, PLAIN: (BASE,), "ad_rows": ("ad_spend_daily",)}
"""Views over canonical tables and earlier views, and what each is made of."""


def sql(name: str) -> str:
    """The SELECT that makes the roll-up (or the base view) called `name`."""
    return load_sql(__name__, name)


@functools.cache
def fingerprint() -> str:
    """Changes when any of the SELECTs does: files written by other SELECTs are not used."""
    return hashlib.sha256("".join(sql(name) for name in (BASE, *NAMES)).encode()).hexdigest()[:16]
