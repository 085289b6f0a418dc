"""What do buyers complain of at rivals but not with us, and what is new? Shares of reviews, tested and corrected."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ecops.competitors.reviews.topics import Floats, Said, generic_words, names_nothing, quotes_of
from ecops.errors import DataError
from ecops.messages import Count, Message
from ecops.statistics.comparisons import benjamini_hochberg, two_proportions
from ecops.statistics.intervals import newcombe

if TYPE_CHECKING:
    import pandas as pd

LEAST_REVIEWS = 30
"""Reviews a side below which nothing is compared."""

_Q = 0.05
_NAMED = 5


def compare_topics(
    said: Said, own: NDArray[np.bool_], rival: NDArray[np.bool_], words: list[str], tone: str = "complaint"
) -> pd.DataFrame:
    """Which topics are complained of more with us than with a rival, or less.

    Args:
        said: the reviews of both, heard together so that one judge judged them.
        own: which reviews are ours, shape (reviews,).
        rival: which are the rival's.
        words: the topics to compare, all of them counted in the correction.
        tone: "complaint" or "praise".

    Returns:
        topic, own, rival (reviews that name it in this tone), own_share, rival_share, difference (own less rival), low,
        high (95 % Newcombe interval), p, q (Benjamini-Hochberg), verdict ("worse", "better" or "open": for complaints
        more is worse, for praise more is better), quotes and rival_quotes. Largest differences first.

    Raises:
        DataError: one side has too few reviews.
    """
    import pandas as pd

    n = int(own.sum()), int(rival.sum())
    if min(n) < LEAST_REVIEWS:
        raise DataError(
            Message("There are {own} reviews of ours and {rival} of the rival; too few to compare.", own=Count(n[0]),
                    rival=Count(n[1])),
            Message("At least {n} of each are needed.", n=LEAST_REVIEWS),
        )  # fmt: skip
    naming = said.naming(words, tone)
    counts = [np.asarray(naming[np.flatnonzero(side)].sum(axis=0), np.float64).ravel()[: len(words)]
              for side in (own, rival)]  # fmt: skip
    p = two_proportions((counts[1], n[1]), (counts[0], n[0]))
    q = benjamini_hochberg(p)
    ends = newcombe((counts[1], n[1]), (counts[0], n[0]))
    difference = counts[0] / n[0] - counts[1] / n[1]
    more_is_worse = tone == "complaint"
    verdict = np.where(q >= _Q, "open", np.where((difference > 0) == more_is_worse, "worse", "better"))
    table = pd.DataFrame(
        {
            "topic": words,
            "own": counts[0].astype(int),
            "rival": counts[1].astype(int),
            "own_share": counts[0] / n[0],
            "rival_share": counts[1] / n[1],
            "difference": difference,
            "low": ends.low,
            "high": ends.high,
            "p": p,
            "q": q,
            "verdict": verdict,
            "quotes": [_of(said, own, word, tone) for word in words],
            "rival_quotes": [_of(said, rival, word, tone) for word in words],
        }
    )
    order = table.assign(size=-table["difference"].abs()).sort_values(["size", "topic"], kind="stable").index
    return table.loc[order].reset_index(drop=True)


def _of(said: Said, side: NDArray[np.bool_], word: str, tone: str) -> tuple[str, ...]:
    """Quotes of one side."""
    return quotes_of(replace(said, category=np.where(side, "side", "").astype(object)), word, tone, "side")


def emerging(said: Said, day: Floats, recent: int = 28, before: int = 84, own: NDArray[np.bool_] | None = None) -> (
    pd.DataFrame
):  # fmt: skip
    """Complaints that have become more frequent in the last weeks.

    Given how many reviews name a word in both spans together, how many of them fall into the new one is drawn like
    balls from an urn where nothing changed (Fisher's exact test, one-sided). So words are chosen by that sum and never
    by the new span alone, which would pick those that chance has lifted.

    Args:
        said: the reviews.
        day: number of the day of each review, NaN where not dated; shape (reviews,).
        recent: days up to the last review that count as new.
        before: days before these that they are compared with.
        own: which reviews to look at; all when None.

    Returns:
        topic, now, then (reviews that complain), n_now, n_then (reviews of the spans), now_share, then_share, low, high
        (95 % Newcombe interval of the difference), p, q (Benjamini-Hochberg over all words that were tried), confirmed
        (q below 5 %), quotes of the new span; only rises, surest first. No rows where a span has too few reviews.
    """
    import pandas as pd
    from scipy import stats

    columns = ["topic", "now", "then", "n_now", "n_then", "now_share", "then_share", "low", "high", "p", "q",
               "confirmed", "quotes"]  # fmt: skip
    there = np.isfinite(day) & (np.ones(len(day), bool) if own is None else own)
    if not there.any():
        return pd.DataFrame(columns=columns)
    last = day[there].max()
    new = there & (day > last - recent)
    old = there & (day <= last - recent) & (day > last - recent - before)
    n = int(new.sum()), int(old.sum())
    if min(n) < LEAST_REVIEWS:
        return pd.DataFrame(columns=columns)
    words = _candidates(said, new | old)
    naming = said.naming(words)
    now, then = (np.asarray(naming[np.flatnonzero(side)].sum(axis=0), np.float64).ravel()[: len(words)]
                 for side in (new, old))  # fmt: skip
    p = stats.hypergeom.sf(now - 1, sum(n), now + then, n[0])
    q = benjamini_hochberg(p) if len(words) else p
    ends = newcombe((then, n[1]), (now, n[0]))
    table = pd.DataFrame(
        {"topic": words, "now": now.astype(int), "then": then.astype(int), "n_now": n[0], "n_then": n[1],
         "now_share": now / n[0], "then_share": then / n[1], "low": ends.low, "high": ends.high, "p": p, "q": q,
         "confirmed": q < _Q}
    )  # fmt: skip
    table = table[(table["now"] >= _NAMED) & (table["p"] < _Q)].sort_values(["p", "topic"])
    table = table.assign(quotes=[_of(said, new, word, "complaint") for word in table["topic"]])
    return table[columns].reset_index(drop=True)


def _candidates(said: Said, there: NDArray[np.bool_]) -> list[str]:
    """Words that enough reviews of both spans complain of and that name something."""
    generic = generic_words(said)
    words = [word for word in said.corpus.words if not names_nothing(word, generic)]
    counts = np.asarray(said.naming(words)[np.flatnonzero(there)].sum(axis=0)).ravel()
    return [word for word, count in zip(words, counts, strict=False) if count >= _NAMED]
