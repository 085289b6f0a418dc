"""Figures that a capability works out in full, such as turnover or repeat rate, for whoever shows all of them."""

from __future__ import annotations

import logging
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ecops.capability import capabilities
from ecops.errors import EcopsError
from ecops.metrics.daily import opened
from ecops.periods import Period

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Measured:
    """A figure of a capability.

    Attributes:
        value: in the unit of its metric; NaN when it cannot be worked out.
        low, high: its 95 % interval; NaN where none can be given.
        n: what it rests on: customers, product days, answers; NaN where that has no meaning.
    """

    value: float
    low: float = math.nan
    high: float = math.nan
    n: float = math.nan


def measured(data: Any, period: Period, page: str = "") -> Mapping[str, Measured]:
    """Every figure that the capabilities work out at the end of a period, by key of its metric.

    With a `page`, only the capability that has it is asked. A capability without its tables, or whose figures cannot be
    worked out, is left out; its own page says why.
    """
    ready = opened(data)
    found: dict[str, Measured] = {}
    for guest in capabilities().values():
        if guest.measured is not None and page in {"", guest.page} and guest.speaks(ready):
            try:
                told = guest.measured(ready, period)
            except EcopsError:
                continue
            except Exception:  # noqa: BLE001 - the others have to be heard whatever is wrong with one
                _LOG.exception("the figures of %s failed", guest.key)
                continue
            found.update({key: figure for key, figure in told.items() if math.isfinite(figure.value)})
    return found
