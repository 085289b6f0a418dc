"""What do our buyers say, what do rivals' buyers say, and where do we stand better? Read from the table of reviews."""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ecops.competitors.reviews.comparing import LEAST_REVIEWS, compare_topics, emerging
from ecops.competitors.reviews.corpus import read
from ecops.competitors.reviews.sentiment import Sentiment, labels, learn
from ecops.competitors.reviews.topics import Floats, Said, hear, topics
from ecops.messages import Count, Message, Percent

if TYPE_CHECKING:
    import pandas as pd

_COMPARED = 30
RECENT = 28
"""Days that count as new; reviews that end earlier tell nothing new."""


@dataclass(frozen=True)
class Opinions:
    """What buyers say.

    Attributes:
        said: every review, heard; see `topics.Said`.
        rows: one row a review in the same order: platform, shop, sku, category, date, stars, positive, text, reply,
            own.
        complaints, praise: topics of our reviews, see `topics`; of all reviews where none are known to be ours.
        new: complaints of ours that have become more frequent, see `emerging`.
        rivals: shops with enough reviews to be compared, most reviews first.
        sentiment: who judged, and how well.
        notes: what was left out or assumed.
    """

    said: Said
    rows: pd.DataFrame
    complaints: pd.DataFrame
    praise: pd.DataFrame
    new: pd.DataFrame
    rivals: tuple[str, ...]
    sentiment: Sentiment
    notes: tuple[Message, ...]

    @property
    def recent(self) -> int:
        """Reviews of the last four weeks, of ours, or of all shops where none is known as ours."""
        day = self.rows["date"]
        chosen = self.rows["own"] if self.rows["own"].any() else np.ones(len(day), bool)
        mine = day[chosen]
        return int((mine > mine.max() - dt.timedelta(days=RECENT)).sum())

    def tells_new(self, end: dt.date) -> bool:
        """Whether reviews of ours reach far enough up to a day for a complaint to be called new then."""
        import pandas as pd

        day = self.rows["date"][self.rows["own"]] if self.rows["own"].any() else self.rows["date"]
        return bool(day.notna().any() and day.max() > pd.Timestamp(end) - pd.Timedelta(days=RECENT))

    @property
    def verdict(self) -> Message:
        """One sentence that a person can read aloud."""
        own = int(self.rows["own"].sum())
        if len(self.new) and bool(self.new["confirmed"].iloc[0]):
            top = self.new.iloc[0]
            return Message(
                "New complaint: {topic}, in {now} of the reviews of the last four weeks after {then} before.",
                topic=str(top["topic"]),
                now=Percent(float(top["now_share"])),
                then=Percent(float(top["then_share"])),
            )
        if len(self.complaints):
            top = self.complaints.sort_values("reviews", ascending=False).iloc[0]
            return Message(
                "Most complained of: {topic}, in {n} reviews ({share}).",
                topic=str(top["topic"]),
                n=Count(int(top["reviews"])),
                share=Percent(float(top["share"])),
            )
        return Message("{n} reviews were read; no complaint stands out from chance.", n=Count(own or len(self.rows)))


def opinions(data: Any, until: dt.date | None = None) -> Opinions | None:
    """What the reviews of a workspace say; None without any.

    Args:
        data: the tables.
        until: reviews of later days are left out.
    """
    from ecops.competitors.source import ask, own_names

    if not data.has("reviews"):
        return None
    rows = ask(data, "reviews")
    named = rows["shop"].isin(own_names(data)) | (rows["shop"] == "")
    ours = (rows["sku"] != "") & rows["sku"].isin(set(ask(data, "own_items")["code"]))
    return hear_all(rows, (named | ours).to_numpy(bool), until)


def hear_all(rows: pd.DataFrame, own: NDArray[np.bool_], until: dt.date | None = None) -> Opinions | None:
    """The same from rows: platform, shop, sku, category, date, stars, positive, text, reply.

    Args:
        rows: the reviews.
        own: which of them are ours; shape (rows,).
        until: see `opinions`.
    """
    import pandas as pd

    rows = rows.assign(own=own, date=pd.to_datetime(rows["date"]))
    if until is not None:
        rows = rows[rows["date"].isna() | (rows["date"] <= pd.Timestamp(until))]
    rows = rows.reset_index(drop=True)
    corpus = read(rows["text"])
    if not len(corpus.token):
        return None
    stars = rows["stars"].to_numpy(dtype=np.float64, na_value=np.nan)
    good = labels(stars, rows["positive"].astype("Float64").to_numpy(dtype=np.float64, na_value=np.nan))
    sentiment = learn(corpus, good)
    said = hear(corpus, sentiment, good, list(rows["category"]))
    own = rows["own"].to_numpy(bool)
    chosen = own if own.any() else np.ones(len(rows), bool)
    day = (rows["date"] - pd.Timestamp(0)).dt.days.to_numpy(dtype=np.float64, na_value=np.nan)
    counts = rows.loc[~own, "shop"].value_counts()
    rivals = tuple(str(name) for name in counts[counts >= LEAST_REVIEWS].index) if own.any() else ()
    return Opinions(
        said,
        rows,
        topics(said, "complaint", among=chosen),
        topics(said, "praise", among=chosen),
        emerging(said, day, RECENT, own=chosen),
        rivals,
        sentiment,
        _notes(rows, sentiment, own),
    )


def _notes(rows: pd.DataFrame, sentiment: Sentiment, own: NDArray[np.bool_]) -> tuple[Message, ...]:
    notes = []
    if sentiment.source == "lexicon":
        notes.append(
            Message(
                "{n} reviews carry stars, too few to learn your buyers' words from; a list of words judges them.",
                n=Count(sentiment.rated),
            )
        )
    else:
        notes.append(
            Message(
                "Praise and complaint were learned from {n} rated reviews; {share} of reviews not used for it are told "
                "rightly.",
                n=Count(sentiment.rated),
                share=Percent(sentiment.accuracy),
            )
        )
    if not own.any():
        notes.append(
            Message("No review is known to be of your own shop, so all are shown together and nothing is compared.")
        )
    undated = int(rows["date"].isna().sum())
    if undated:
        notes.append(Message("{n} reviews have no date and say nothing of what is new.", n=Count(undated)))
    return tuple(notes)


def compared(found: Opinions, rival: str, tone: str = "complaint") -> pd.DataFrame:
    """Our topics and the rival's against each other, see `compare_topics`.

    Args:
        found: see `opinions`.
        rival: name of the shop; "" for all rivals together.
        tone: "complaint" or "praise".

    Raises:
        DataError: one side has too few reviews.
    """
    own = found.rows["own"].to_numpy(bool)
    theirs = ~own & ((found.rows["shop"] == rival).to_numpy(bool) if rival else np.ones(len(own), bool))
    ours = found.complaints if tone == "complaint" else found.praise
    other = topics(found.said, tone, among=theirs)
    named = [*ours.sort_values("reviews", ascending=False)["topic"][:_COMPARED],
             *other.sort_values("reviews", ascending=False)["topic"][:_COMPARED]]  # fmt: skip
    return compare_topics(found.said, own, theirs, list(dict.fromkeys(map(str, named))), tone)


def average_stars(found: Opinions) -> pd.DataFrame:
    """Mean stars of every shop with the 95 % interval: shop, own, reviews, stars, low, high; NaN below two ratings."""
    import pandas as pd
    from scipy import special

    rows = []
    for (own, shop), part in found.rows.groupby(["own", "shop"], sort=True):
        stars: Floats = part["stars"].to_numpy(dtype=np.float64, na_value=np.nan)
        stars = stars[np.isfinite(stars)]
        n = len(stars)
        half = float(special.stdtrit(n - 1, 0.975)) * float(stars.std(ddof=1)) / math.sqrt(n) if n > 1 else math.nan
        mean = float(stars.mean()) if n else math.nan
        rows.append((str(shop), bool(own), n, mean, max(mean - half, 1.0), min(mean + half, 5.0)))
    table = pd.DataFrame(rows, columns=["shop", "own", "reviews", "stars", "low", "high"])
    return table.sort_values(["own", "reviews"], ascending=False, kind="stable").reset_index(drop=True)
