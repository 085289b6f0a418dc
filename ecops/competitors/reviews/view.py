"""What page and commands ask about reviews; each answer is worked out once for each version of the data."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

from ecops.competitors.reviews import opinions as told
from ecops.competitors.reviews.opinions import Opinions, average_stars
from ecops.errors import DataError
from ecops.messages import Message
from ecops.metrics.daily import once, opened

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["average_stars", "compared", "opinions"]


def opinions(data: Any, until: dt.date | None = None) -> Opinions | None:
    """What the reviews of a workspace say; None without any. See `opinions.opinions`."""
    ready: Any = opened(data)
    found: Opinions | None = once(ready, ("rivals", "opinions", until), lambda: told.opinions(ready, until))
    return found


def compared(data: Any, rival: str = "", tone: str = "complaint", until: dt.date | None = None) -> pd.DataFrame:
    """Our topics against a rival's, see `comparing.compare_topics`.

    Args:
        data: the tables.
        rival: name of the shop; "" for all rivals together.
        tone: "complaint" or "praise".
        until: reviews of later days are left out.

    Raises:
        DataError: there are no reviews, or too few of one side.
    """
    found = opinions(data, until)
    if found is None:
        raise DataError(Message("There are no reviews."), Message("Load an export of reviews, ours and a rival's."))
    return told.compared(found, rival, tone)
