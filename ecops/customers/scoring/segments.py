"""From scores to named segments: every customer in exactly one."""

from __future__ import annotations

import functools
import itertools
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from ecops.customers.scoring.rfm import Rfm
from ecops.customers.scoring.scores import BINS, Scores
from ecops.errors import SpecError, unknown_name
from ecops.messages import Message, Number, Term

if TYPE_CHECKING:
    import pandas as pd

Split = Literal["median", "mean", "fixed"]
"""Where "high" begins in the eight types. The mean is pulled up by a few large buyers, so the median is the default."""

FIXED_SPLIT = (10.0, 3.0, 200.0)
"""Days, orders and money at which "high" begins when nothing else is given; a usual default of Chinese shop tools."""

_FOLDER = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Segment:
    """One segment of a scheme.

    Attributes:
        key: stable name.
        label, meaning: what it is called, and who is in it.
        alive: its customers are still expected to come back.
        high: its loss costs most.
        codes: three-digit scores that belong to it; empty for the eight types.
        split: high or low in recency, frequency and money; empty for segments by codes.
    """

    key: str
    label: Term
    meaning: Term
    alive: bool = False
    high: bool = False
    codes: tuple[int, ...] = ()
    split: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Scheme:
    """A way to name customers.

    Attributes:
        key, label: its name.
        kind: "codes" (each score code belongs to a segment) or "split" (high or low in each figure).
        segments: the best first.
    """

    key: str
    label: Term
    kind: str
    segments: tuple[Segment, ...]

    def __getitem__(self, key: str) -> Segment:
        for entry in self.segments:
            if entry.key == key:
                return entry
        raise unknown_name(Message("The segment"), key, [entry.key for entry in self.segments])

    def place(self, key: str) -> int:
        """Position of a segment, 0 for the best."""
        return self.segments.index(self[key])


@dataclass(frozen=True, eq=False)
class Segmented:
    """Every customer's segment.

    Attributes:
        scores: what it rests on.
        scheme: the names.
        place: (n,) index into `scheme.segments`.
        rule: what decides, in words; None where the codes do.
        split: days, orders and money at which "high" begins; NaN where the codes decide.
    """

    scores: Scores
    scheme: Scheme
    place: NDArray[np.int8]
    rule: Message | None
    split: tuple[float, float, float]

    @property
    def rfm(self) -> Rfm:
        """The figures behind."""
        return self.scores.rfm

    def members(self, *keys: str) -> NDArray[np.int64]:
        """Indices into `OrderBook.customers` of the customers of these segments, rising."""
        return self.rfm.customer[self.inside(*keys)]

    def inside(self, *keys: str) -> NDArray[np.bool_]:
        """(n,) whether each customer of `rfm` is in one of these segments."""
        chosen = np.zeros(len(self.scheme.segments), dtype=bool)
        chosen[[self.scheme.place(key) for key in keys]] = True
        found: NDArray[np.bool_] = chosen[self.place]
        return found

    def table(self) -> pd.DataFrame:
        """One row a segment, the best first.

        Columns: segment (key), customers, share, money, money_share, orders, days_since_last (median), frequency
        (mean), money_each (mean). NaN for a segment without customers.
        """
        return self._table.copy()

    @functools.cached_property
    def _table(self) -> pd.DataFrame:
        import pandas as pd

        many = len(self.scheme.segments)
        count = np.bincount(self.place, minlength=many)
        money = np.bincount(self.place, weights=self.rfm.money, minlength=many)
        orders = np.bincount(self.place, weights=self.rfm.frequency, minlength=many)
        middle = [
            float(np.median(self.rfm.days_since_last[self.place == place])) if count[place] else np.nan
            for place in range(many)
        ]
        with np.errstate(invalid="ignore", divide="ignore"):
            return pd.DataFrame(
                {
                    "segment": [entry.key for entry in self.scheme.segments],
                    "customers": count,
                    "share": count / count.sum(),
                    "money": money,
                    "money_share": money / money.sum(),
                    "orders": orders.astype(np.int64),
                    "days_since_last": middle,
                    "frequency": orders / count,
                    "money_each": money / count,
                }
            )


@functools.cache
def schemes() -> Mapping[str, Scheme]:
    """The schemes there are, by key."""
    entries = tomllib.loads((_FOLDER / "schemes.toml").read_text("utf-8"))
    found = {}
    for key, entry in entries.items():
        segments = tuple(
            Segment(
                segment["key"],
                Term(**segment["label"]),
                Term(**segment["meaning"]),
                segment.get("alive", False),
                segment.get("high", False),
                tuple(int(code) for code in segment.get("codes", "").split()),
                tuple(segment.get("split", "").split()),
            )
            for segment in entry["segments"]
        )
        found[key] = _complete(Scheme(key, Term(**entry["label"]), entry["kind"], segments))
    return found


def custom_scheme(codes: Mapping[str, Sequence[int]], name: str = "custom") -> Scheme:
    """A scheme of one's own: segment name -> its three-digit codes, the best first.

    Raises:
        SpecError: a code belongs to no segment or to two.
    """
    segments = tuple(
        Segment(key, Term(en=key, zh=key), Term(en="", zh=""), codes=tuple(int(code) for code in chosen))
        for key, chosen in codes.items()
    )
    return _complete(Scheme(name, Term(en=name, zh=name), "codes", segments))


def _complete(scheme: Scheme) -> Scheme:
    """The scheme, once every customer it could meet has exactly one segment."""
    if scheme.kind == "split":
        given: list[object] = [entry.split for entry in scheme.segments]
        wanted: set[object] = set(itertools.product(("high", "low"), repeat=3))
    else:
        given = [code for entry in scheme.segments for code in entry.codes]
        wanted = {100 * r + 10 * f + m for r, f, m in itertools.product(range(1, BINS + 1), repeat=3)}
    twice = sorted({str(code) for code in given if given.count(code) > 1})
    missing = sorted(str(code) for code in wanted - set(given))
    if twice or missing or set(given) - wanted:
        raise SpecError(
            Message("Some scores belong to no segment or to two: {codes}.", codes=", ".join((twice + missing)[:12])),
            Message("Give each of the 125 codes from 111 to 555 to exactly one segment."),
        )
    return scheme


def segment(
    scores: Scores,
    scheme: str | Scheme = "grid11",
    *,
    split: Split = "median",
    at: tuple[float, float, float] | None = None,
) -> Segmented:
    """Name every customer.

    Args:
        scores: of `score`.
        scheme: "grid11", "cn8", or a `Scheme`.
        split: for the eight types, see `Split`.
        at: frozen split (days, orders, money); overrides `split`.

    Raises:
        SpecError: no such scheme or split, or a scheme by codes and not five scores.
    """
    if isinstance(scheme, str):
        if scheme not in schemes():
            raise unknown_name(Message("The scheme"), scheme, schemes())
        scheme = schemes()[scheme]
    if split not in get_args(Split):
        raise unknown_name(Message("The split"), split, get_args(Split))
    if scheme.kind == "split":
        return _by_split(scores, scheme, split, at)
    if scores.cuts.bins != BINS:
        raise SpecError(
            Message("These segments need five scores."), Message("Score with five, or use the eight types.")
        )
    lookup = np.zeros(556, dtype=np.int8)
    for place, entry in enumerate(scheme.segments):
        lookup[list(entry.codes)] = place
    return Segmented(scores, scheme, lookup[scores.codes()], None, (np.nan, np.nan, np.nan))


def _by_split(scores: Scores, scheme: Scheme, split: Split, at: tuple[float, float, float] | None) -> Segmented:
    table = scores.rfm
    if at is None:
        at = _split_at(table, split)
    recent = table.days_since_last <= at[0]
    often = table.frequency >= at[1]
    much = table.money >= at[2]
    lookup = np.zeros((2, 2, 2), dtype=np.int8)
    for place, entry in enumerate(scheme.segments):
        lookup[tuple(int(level == "high") for level in entry.split)] = place
    rule = Message(
        "High means: ordered in the last {days} days, {orders} orders or more, {money} or more.",
        days=Number(at[0], 0),
        orders=Number(at[1], 0 if float(at[1]).is_integer() else 2),
        money=Number(at[2], 2),
    )
    return Segmented(scores, scheme, lookup[recent.astype(int), often.astype(int), much.astype(int)], rule, at)


def _split_at(table: Rfm, split: Split) -> tuple[float, float, float]:
    if split == "fixed":
        return FIXED_SPLIT
    middle = np.mean if split == "mean" else np.median
    # More orders than the middle: where the middle is one order, one order is not often.
    above = float(middle(table.frequency))
    orders = np.floor(above) + 1 if split == "median" else above
    return float(middle(table.days_since_last)), float(orders), float(middle(table.money))
