"""What pages, deck and commands ask of a presale; each answer is worked out once for each version of the data."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

from ecops.metrics.daily import once, opened
from ecops.presale.analysis import Presale, analyse
from ecops.presale.campaigns import source
from ecops.presale.spec import Spec

if TYPE_CHECKING:
    import pandas as pd

    from ecops.finding import Finding
    from ecops.presale.campaigns.series import Series


def presale(data: Any, spec: Spec | None = None, today: dt.date | None = None) -> Presale:
    """`analyse`, remembered for as long as the data is open.

    Raises:
        EcopsError: see `analyse`.
    """
    ready = opened(data)
    chosen = spec or Spec()
    found: Presale = once(ready, ("presale", chosen, today), lambda: analyse(ready, chosen, today))
    return found


def running(data: Any, today: dt.date | None = None) -> tuple[Series, ...]:
    """Products of running presales, also those that cannot be judged yet: the set-up may say what they lack."""
    return source.read(data, Spec(), today).running


def told(data: Any, spec: Spec | None = None, today: dt.date | None = None) -> tuple[Finding, ...]:
    """The findings of a day, for the page."""
    from ecops.presale.telling.findings import findings

    return findings(presale(data, spec, today))


def order_table(found: Presale) -> pd.DataFrame:
    """The order as it goes to the buyer: one row a product, in the order of `Presale.items`.

    Returns:
        campaign, sku, title, deposits, need_low, need_high (90 %), available, committed, speculative, order, latest
        (last day to order), arrives.
    """
    import pandas as pd

    return pd.DataFrame(
        {
            "campaign": [item.series.campaign for item in found.items],
            "sku": [item.series.sku for item in found.items],
            "title": [item.name for item in found.items],
            "deposits": [item.series.total for item in found.items],
            "need_low": [item.prediction.interval()[0] for item in found.items],
            "need_high": [item.prediction.interval()[1] for item in found.items],
            "available": [item.money.available for item in found.items],
            "committed": [item.plan.committed for item in found.items],
            "speculative": [item.plan.speculative for item in found.items],
            "order": [item.quantity for item in found.items],
            "latest": [item.latest for item in found.items],
            "arrives": [item.arrives for item in found.items],
        }
    )
