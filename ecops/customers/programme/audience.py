"""The list of who gets what, with a random part held back so that later somebody can say what it brought."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ecops.customers.orders.book import Codes, OrderBook
from ecops.customers.programme.plan import Planned
from ecops.customers.scoring.segments import Segmented
from ecops.errors import DataError, SpecError
from ecops.messages import Count, Message

if TYPE_CHECKING:
    import pandas as pd

REACHED, HELD = "reached", "held_back"
LEAST_HELD = 30
"""Held back customers below which no read-out can say anything."""


@dataclass(frozen=True, eq=False)
class Audience:
    """A list.

    Attributes:
        rows: one row a customer: customer (hashed as in the store), segment, action, group ("reached" or "held_back").
        holdback: share held back. seed: of the draw.
        notes: what to know before it is sent.
    """

    rows: pd.DataFrame
    holdback: float
    seed: int
    notes: tuple[Message, ...]

    def reached(self) -> list[str]:
        """The customers to be contacted."""
        return list(self.rows.loc[self.rows["group"] == REACHED, "customer"])


def audience(
    book: OrderBook,
    segmented: Segmented,
    planned: Sequence[Planned],
    *,
    actions: Sequence[str] | None = None,
    holdback: float = 0.1,
    seed: int = 7,
) -> Audience:
    """The customers of some actions, a random share of every segment held back.

    The draw depends on the customers and the seed alone, so the same list comes out again.

    Args:
        book: of `order_book`.
        segmented: of `segment`; the strata.
        planned: of `plan`.
        actions: keys of actions; all when None.
        holdback: share held back, 0 to 0.5.
        seed: of the draw.

    Raises:
        SpecError: a share outside 0 to 0.5, or actions that are not planned.
        DataError: nobody is left.
    """
    import pandas as pd

    if not 0 <= holdback <= 0.5:
        raise SpecError(Message("Hold back between 0 and a half of the customers."), Message("A tenth is usual."))
    known = {entry.play.key: entry for entry in planned}
    wanted = list(actions) if actions is not None else list(known)
    if set(wanted) - set(known):
        raise SpecError(
            Message("These actions are not planned: {names}.", names=", ".join(sorted(set(wanted) - set(known)))),
            Message("Planned are: {names}.", names=", ".join(known)),
        )
    action = np.full(len(segmented.rfm), -1)
    for place, key in enumerate(wanted):
        action[np.isin(segmented.rfm.customer, known[key].customers)] = place
    chosen = np.flatnonzero(action >= 0)
    if not len(chosen):
        raise DataError(Message("No customer is in these segments."), Message("Choose other actions."))
    stratum = segmented.place[chosen].astype(np.int64)
    held = _drawn(stratum, holdback, seed)
    keys = np.array([entry.key for entry in segmented.scheme.segments])
    rows = pd.DataFrame(
        {
            "customer": book.names(segmented.rfm.customer[chosen]),
            "segment": keys[stratum],
            "action": np.array(wanted)[action[chosen]],
            "group": np.where(held, HELD, REACHED),
        }
    )
    return Audience(rows, holdback, seed, _warnings(int(held.sum()), holdback))


def _drawn(stratum: Codes, holdback: float, seed: int) -> np.ndarray[Any, np.dtype[np.bool_]]:
    """Who is held back: of every stratum the rounded share, drawn without replacement."""
    luck = np.random.default_rng(seed).random(len(stratum))
    order = np.lexsort((luck, stratum))
    size = np.bincount(stratum)
    begins = np.concatenate([[0], np.cumsum(size)[:-1]])
    rank = np.arange(len(stratum)) - begins[stratum[order]]
    held = np.zeros(len(stratum), dtype=bool)
    held[order] = rank < np.round(size * holdback)[stratum[order]]
    return held


def _warnings(held: int, holdback: float) -> tuple[Message, ...]:
    if not holdback:
        return (Message("Nobody is held back, so nobody will be able to say what the action brought."),)
    if held < LEAST_HELD:
        return (
            Message(
                "Only {n} customers are held back; {least} are the least for a read-out. Hold back a larger share.",
                n=Count(held),
                least=LEAST_HELD,
            ),
        )
    return ()
