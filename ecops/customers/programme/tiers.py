"""Member tiers, and who is one order away from the next."""

from __future__ import annotations

import functools
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ecops.customers.orders.book import OrderBook
from ecops.customers.scoring.rfm import Rfm, rfm
from ecops.customers.scoring.scores import score
from ecops.customers.value.forecast import Value
from ecops.errors import SpecError, unknown_name
from ecops.handbook import parameter
from ecops.messages import Message, Term

if TYPE_CHECKING:
    import pandas as pd

_FOLDER = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Tier:
    """One step of a ladder.

    Attributes:
        key, label: its name.
        least: orders, or least scores of money and recency.
        benefit: what its members get.
        parameter: key of the handbook's parameter that `least` is, "" for none.
    """

    key: str
    label: Term
    least: tuple[float, ...]
    benefit: Term
    parameter: str = ""


@dataclass(frozen=True, slots=True)
class Ladder:
    """The tiers of a shop.

    Attributes:
        key, label: its name.
        basis: "orders" or "scores".
        source: of the rule.
        tiers: the lowest first.
        benchmark: key of the parameter for the share of customers above the lowest tier that the handbook's shop
            reached, "" when it names none.
    """

    key: str
    label: Term
    basis: str
    source: str
    tiers: tuple[Tier, ...]
    benchmark: str


@dataclass(frozen=True, eq=False)
class Tiers:
    """Every customer's tier.

    Attributes:
        ladder: the tiers.
        rfm: the figures they rest on.
        place: (n,) index into `ladder.tiers`, -1 below the lowest.
    """

    ladder: Ladder
    rfm: Rfm
    place: NDArray[np.int64]

    def table(self) -> pd.DataFrame:
        """One row a tier, the lowest first: tier, customers, share, money, money_share, near.

        `near` counts customers of the tier who are one order below the next; NaN for the highest and where scores
        decide.
        """
        import pandas as pd

        many = len(self.ladder.tiers)
        inside = self.place >= 0
        count = np.bincount(self.place[inside], minlength=many)
        money = np.bincount(self.place[inside], weights=self.rfm.money[inside], minlength=many)
        missing = self.missing()
        near = [float(((self.place == place) & (missing == 1)).sum()) for place in range(many)]
        near[-1] = np.nan
        if self.ladder.basis != "orders":
            near = [np.nan] * many
        return pd.DataFrame(
            {
                "tier": [tier.key for tier in self.ladder.tiers],
                "customers": count,
                "share": count / max(len(self.place), 1),
                "money": money,
                "money_share": money / money.sum() if money.sum() else np.nan,
                "near": near,
            }
        )

    @property
    def above(self) -> float:
        """Share of customers above the lowest tier, as the handbook counts its high-value share."""
        return float((self.place > 0).mean())

    def missing(self) -> NDArray[np.float64]:
        """(n,) orders to the next tier; NaN in the highest tier and where scores decide."""
        if self.ladder.basis != "orders":
            return np.full(len(self.place), np.nan)
        least = np.array([tier.least[0] for tier in self.ladder.tiers] + [np.nan])
        return np.asarray(least[self.place + 1] - self.rfm.frequency)


@functools.cache
def ladders() -> Mapping[str, Ladder]:
    """The ladders of the handbooks, by key."""
    entries = tomllib.loads((_FOLDER / "ladders.toml").read_text("utf-8"))
    return {key: _ladder(key, entry) for key, entry in entries.items()}


def _ladder(key: str, entry: Mapping[str, Any]) -> Ladder:
    tiers = tuple(_tier(tier) for tier in entry["tiers"])
    return Ladder(key, Term(**entry["label"]), entry["basis"], entry["source"], tiers, entry.get("benchmark", ""))


def _tier(entry: Mapping[str, Any]) -> Tier:
    named = entry.get("parameter", "")
    least = (parameter(named),) if named else tuple(float(value) for value in entry["least"])
    return Tier(entry["key"], Term(**entry["label"]), least, Term(**entry["benefit"]), named)


def tiers(
    book: OrderBook,
    ladder: str = "orders",
    *,
    thresholds: Sequence[float] | None = None,
    window_days: int | None = None,
) -> Tiers:
    """Put every customer into a tier.

    Args:
        book: of `order_book`.
        ladder: a key of `ladders`.
        thresholds: orders that earn each tier, lowest first, instead of the handbook's.
        window_days: only orders of so many days; all when None.

    Raises:
        SpecError: no such ladder, or thresholds that do not rise.
    """
    if ladder not in ladders():
        raise unknown_name(Message("The ladder"), ladder, ladders())
    chosen = ladders()[ladder]
    table = rfm(book, window_days=window_days)
    if chosen.basis == "scores":
        scored = score(table)
        place = np.full(len(table), -1)
        for step, tier in enumerate(chosen.tiers):
            place[(scored.m >= tier.least[0]) & (scored.r >= tier.least[1])] = step
        return Tiers(chosen, table, place)
    if thresholds is not None:
        if len(thresholds) != len(chosen.tiers) or any(np.diff(thresholds) <= 0) or thresholds[0] < 1:
            raise SpecError(
                Message(
                    "The orders that earn each tier must rise, one number for each of the {n} tiers.",
                    n=len(chosen.tiers),
                ),
                Message("For example 1, 3, 5."),
            )
        steps = tuple(
            replace(tier, least=(float(least),)) for tier, least in zip(chosen.tiers, thresholds, strict=True)
        )
        chosen = replace(chosen, tiers=steps)
    least = [tier.least[0] for tier in chosen.tiers]
    return Tiers(chosen, table, np.searchsorted(least, table.frequency, side="right") - 1)


def nudges(
    book: OrderBook,
    ranks: Tiers,
    value: Value | None = None,
    *,
    within: int = 1,
    days: int = 30,
    benefit_cost: float = 0.0,
) -> pd.DataFrame:
    """Customers a few orders below the next tier, the likeliest first.

    Args:
        book: of `order_book`.
        ranks: of `tiers`, by orders.
        value: of `fit_value`; without it, or where it refused, the probability is NaN.
        within: orders that may be missing.
        days: time to reach it.
        benefit_cost: what the next tier's benefit costs for one customer.

    Returns:
        One row a customer: customer, tier, next_tier, orders, missing, days_since_last, reaches (probability of the
        missing orders within `days` without any nudge), benefit_cost (expected: `reaches` times the argument).

    Raises:
        SpecError: a ladder by scores has no next order.
    """
    import pandas as pd

    if ranks.ladder.basis != "orders":
        raise SpecError(
            Message("This ladder goes by value, so no number of orders leads to the next tier."),
            Message("Choose a ladder by orders."),
        )
    missing = ranks.missing()
    near = np.flatnonzero((missing >= 1) & (missing <= within))
    chance = np.full(len(near), np.nan)
    if value is not None and value.purchases is not None:
        chance = _reaching(value, ranks.rfm.customer[near], missing[near], days)
    keys = [tier.key for tier in ranks.ladder.tiers]
    found = pd.DataFrame(
        {
            "customer": book.names(ranks.rfm.customer[near]),
            "tier": [keys[place] if place >= 0 else "" for place in ranks.place[near]],
            "next_tier": [keys[place + 1] for place in ranks.place[near]],
            "orders": ranks.rfm.frequency[near],
            "missing": missing[near].astype(int),
            "days_since_last": ranks.rfm.days_since_last[near],
            "reaches": chance,
            "benefit_cost": chance * benefit_cost,
        }
    )
    return found.sort_values(
        ["reaches", "days_since_last", "customer"], ascending=[False, True, True], ignore_index=True
    )


def _reaching(
    value: Value, customer: NDArray[np.int64], missing: NDArray[np.float64], days: int
) -> NDArray[np.float64]:
    """P(at least `missing` orders in `days`): P(alive) times the tail of the negative binomial.

    A customer who has not left orders at a gamma rate; that she may leave between two orders is left out, which for one
    missing order makes no difference.
    """
    from scipy import stats

    assert value.purchases is not None
    past, fit = value.past, value.purchases
    r, alpha = fit.parameters["r"], fit.parameters["alpha"]
    at = np.searchsorted(past.customer, customer)
    known = alpha + past.age[at]
    tail = stats.nbinom.sf(missing - 1, r + past.repeats[at], known / (known + days))
    return np.asarray(fit.alive(past)[at] * tail)


def nudge_text(tier: Tier, missing: int) -> Message:
    """What the customer is told."""
    if missing == 1:
        return Message("One more order and you are {tier}: {benefit}.", tier=tier.label, benefit=tier.benefit)
    return Message("{n} more orders and you are {tier}: {benefit}.", n=missing, tier=tier.label, benefit=tier.benefit)
