"""Which factor and which segment made the change, exactly: the parts add up to the change.

`decompose` splits the change of a product (visitors x conversion x value = GMV) into its factors; `mix_rate` splits the
change of a rate into what the segments did and what their mix did.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import comb
from typing import TYPE_CHECKING, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from ecops.errors import DataError, SpecError, unknown_name
from ecops.messages import Message
from ecops.statistics.frames import Frame, as_frame, named, need, numbers

if TYPE_CHECKING:
    import pandas as pd

Method = Literal["lmdi", "shapley", "chain"]
"""lmdi: logarithmic mean Divisia index I, additive (Ang 2005): no residual, no order, consistent when segments are
added up. shapley: mean over all orders of replacement. chain (连环替代): factors replaced one after the other in the
order given; what a factor gets depends on that order."""

Segment = tuple[object, ...]
"""The values of the segment columns that name it."""

NEW, VANISHED, MIX, RATE = "new", "vanished", "mix", "rate"
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Decomposition:
    """A change split into parts.

    Attributes:
        table: one row a segment and factor: the segment columns, `factor`, `contribution` in the unit of the product.
            A segment that exists in one period only has one row, factor "new" or "vanished".
        before: product summed over segments, before.
        after: the same, after.
        factors: names in order; "mix" stands second when shares were asked for.
        by: segment columns.
        method: see `Method`.
    """

    table: pd.DataFrame
    before: float
    after: float
    factors: tuple[str, ...]
    by: tuple[str, ...]
    method: Method

    @property
    def total(self) -> float:
        """The change, after minus before; the contributions add up to it."""
        return self.after - self.before

    @property
    def by_factor(self) -> Mapping[str, float]:
        """Contribution of each factor over all segments, in the order of `factors`, then "new" and "vanished"."""
        factor, part = (self.table[name].to_numpy() for name in ("factor", "contribution"))
        rows = {name: factor == name for name in (*self.factors, NEW, VANISHED)}
        return {name: float(part[mine].sum()) for name, mine in rows.items() if mine.any()}

    def along(self, columns: str | Sequence[str]) -> pd.DataFrame:
        """The table added up to fewer segment columns."""
        need(self.table, named(columns))
        return self.table.groupby([*named(columns), "factor"], sort=False, as_index=False)["contribution"].sum()


def decompose(
    before: Frame,
    after: Frame,
    factors: Sequence[str],
    by: str | Sequence[str] | None = None,
    method: Method = "lmdi",
    *,
    shares: bool = False,
) -> Decomposition:
    """Split the change of a product of factors into a contribution of each factor in each segment.

    LMDI: `L(G1, G0) * ln(x1 / x0)` with `L(a, b) = (a - b) / ln(a / b)`. A factor that is 0 in one period gets the
    analytic limit: the whole change (in equal parts when several are 0).

    Args:
        before: one row a segment, one column a factor; or a mapping of numbers.
        after: the same for the later period.
        factors: columns whose product is the quantity, a count first, for example
            ["visitors", "conversion", "value"].
        by: columns that name a segment; when None, the columns that hold text.
        method: see `Method`.
        shares: split the first factor into its total and each segment's share of it, so that a change of mix is a
            factor of its own, called "mix".

    Raises:
        SpecError: an unknown method, factor or column.
        DataError: a segment stands in two rows, text instead of numbers, a negative factor with LMDI.

    >>> gmv = decompose({"visitors": 100_000, "conversion": 0.03, "value": 200},
    ...                 {"visitors": 90_000, "conversion": 0.025, "value": 220}, ["visitors", "conversion", "value"])
    >>> {factor: round(part, 2) for factor, part in gmv.by_factor.items()}, round(gmv.total)
    ({'visitors': -57507.64, 'conversion': -99514.35, 'value': 52021.99}, -105000)
    """
    if method not in get_args(Method):
        raise unknown_name(Message("The method"), method, get_args(Method))
    if not factors:
        raise SpecError(Message("There is no factor."), Message("Name the columns whose product is the quantity."))
    old, new = as_frame(before), as_frame(after)
    columns = named(by) or _text_columns(old, factors)
    segments, x0, x1 = _aligned(old, new, columns, factors)
    names = tuple(factors)
    gone0, gone1 = (_absent(x, segmented=bool(columns)) for x in (x0, x1))
    if shares:
        x0, x1, names = _with_shares(x0), _with_shares(x1), (names[0], MIX, *names[1:])
    g0, g1 = (np.where(gone, 0.0, x.prod(1)) for gone, x in ((gone0, x0), (gone1, x1)))
    live = ~gone0 & ~gone1
    if method == "lmdi" and ((x0[live] < 0).any() or (x1[live] < 0).any()):
        raise DataError(
            Message("A factor is negative, and LMDI takes logarithms."), Message("Use the method shapley instead.")
        )
    parts = _METHODS[method](x0[live], x1[live])
    table = _table(segments, columns, names, parts, live, g1 - g0, gone0)
    return Decomposition(table, float(g0.sum()), float(g1.sum()), names, columns, method)


def _text_columns(frame: pd.DataFrame, factors: Sequence[str]) -> tuple[str, ...]:
    from pandas.api.types import is_numeric_dtype

    return tuple(str(name) for name in frame.columns if name not in factors and not is_numeric_dtype(frame[name]))


def _aligned(
    old: pd.DataFrame, new: pd.DataFrame, columns: tuple[str, ...], factors: Sequence[str]
) -> tuple[list[Segment], Floats, Floats]:
    """Segments of either period, and the factors of both in that order; NaN where a segment does not exist."""
    values = [numbers(frame, factors) for frame in (old, new)]
    if not columns:
        if any(len(frame) != 1 for frame in (old, new)):
            raise DataError(
                Message("There are several rows and no column that tells them apart."),
                Message("Name the segment columns with by."),
            )
        return [()], values[0], values[1]
    places = [_places(frame, columns) for frame in (old, new)]
    segments = list(places[0] | places[1])
    aligned = [np.full((len(segments), len(factors)), np.nan) for _ in places]
    for known, value, side in zip(places, values, aligned, strict=True):
        there = [place for place, segment in enumerate(segments) if segment in known]
        side[there] = value[[known[segments[place]] for place in there]]
    return segments, aligned[0], aligned[1]


def _places(frame: pd.DataFrame, columns: Sequence[str]) -> dict[Segment, int]:
    """The row of each segment."""
    places: dict[Segment, int] = {}
    for row, segment in enumerate(_segments(frame, columns)):
        if places.setdefault(segment, row) != row:
            raise DataError(
                Message("The segment {segment} stands in more than one row.", segment=" › ".join(map(str, segment))),
                Message("Add the rows of a segment up first, or name more columns with by."),
            )
    return places


def _segments(frame: pd.DataFrame, columns: Sequence[str]) -> list[Segment]:
    """The segment of each row; a missing name is ""."""
    need(frame, columns)
    return list(zip(*(frame[name].astype(object).fillna("") for name in columns), strict=True))


def _texts(segments: Sequence[Segment], columns: Sequence[str]) -> dict[str, list[object]]:
    """Segments as columns."""
    return {name: [segment[place] for segment in segments] for place, name in enumerate(columns)}


def _with_shares(x: Floats) -> Floats:
    total = np.nansum(x[:, 0])
    share = x[:, 0] / total if total else np.full(len(x), np.nan)
    return np.column_stack([np.full(len(x), total), share, x[:, 1:]])


def _absent(x: Floats, *, segmented: bool) -> NDArray[np.bool_]:
    """A segment is absent when its row is missing, a rate has no base, or, beside others, nobody was counted in it."""
    nobody = (x[:, 0] == 0) if segmented else np.zeros(len(x), dtype=bool)
    absent: NDArray[np.bool_] = np.isnan(x).any(1) | nobody
    return absent


def _lmdi(x0: Floats, x1: Floats) -> Floats:
    g0, g1 = x0.prod(1), x1.prod(1)
    some = ((x0 == 0) | (x1 == 0)).any(1)
    with np.errstate(invalid="ignore", divide="ignore"):
        logs = np.log(x1 / x0)
        total = logs.sum(1)
        # expm1 keeps the logarithmic mean exact where hardly anything changed.
        mean = np.where(total == 0, g0, g0 * np.expm1(total) / total)
        parts = mean[:, None] * logs
    # Only a factor that is 0 in the period where the product is 0 carries the change.
    carries = np.where((g1 == 0)[:, None], x1 == 0, x0 == 0) & some[:, None]
    share = carries / np.maximum(carries.sum(1, keepdims=True), 1)
    result: Floats = np.where(some[:, None], share * (g1 - g0)[:, None], parts)
    return result


def _shapley(x0: Floats, x1: Floats) -> Floats:
    """Exact Shapley values of a product; the factors of each coalition size are summed by a polynomial product."""
    rows, count = x0.shape
    parts = np.empty_like(x0)
    size = np.arange(count)
    weight = np.array([1 / (count * comb(count - 1, s)) for s in size])
    for factor in range(count):
        coefficients = np.zeros((rows, count))
        coefficients[:, 0] = 1.0
        for other in range(count):
            if other != factor:
                shifted = np.roll(coefficients, 1, axis=1)
                shifted[:, 0] = 0.0
                coefficients = coefficients * x0[:, [other]] + shifted * x1[:, [other]]
        parts[:, factor] = (x1[:, factor] - x0[:, factor]) * (coefficients @ weight)
    return parts


def _chain(x0: Floats, x1: Floats) -> Floats:
    parts = np.empty_like(x0)
    for factor in range(x0.shape[1]):
        replaced = x1[:, :factor].prod(1) * x0[:, factor + 1 :].prod(1)
        parts[:, factor] = replaced * (x1[:, factor] - x0[:, factor])
    return parts


_METHODS = {"lmdi": _lmdi, "shapley": _shapley, "chain": _chain}


def _table(
    segments: Sequence[Segment],
    columns: tuple[str, ...],
    names: tuple[str, ...],
    parts: Floats,
    live: NDArray[np.bool_],
    change: Floats,
    gone_before: NDArray[np.bool_],
) -> pd.DataFrame:
    import pandas as pd

    once = ~live & (change != 0)
    told = [segments[row] for row in (*np.repeat(np.flatnonzero(live), len(names)), *np.flatnonzero(once))]
    texts = _texts(told, columns)
    texts["factor"] = [*names * int(live.sum()), *np.where(gone_before[once], NEW, VANISHED).tolist()]
    return pd.DataFrame(texts, dtype=object).assign(contribution=np.r_[parts.ravel(), change[once]])


@dataclass(frozen=True, slots=True)
class MixRate:
    """The change of a rate, split into what the segments did and what their mix did.

    Attributes:
        rate: part of the change because rates inside the segments changed, in the unit of the rate.
        mix: part because people moved between segments; `rate + mix` is the change.
        table: one row a segment and part: the segment columns, `factor` ("rate" or "mix"), `contribution`.
        before: the rate over all segments, before; NaN without a base.
        after: the same, after.
        segments: one row a segment: its columns, `share_before`, `share_after` of the base, `rate_before`,
            `rate_after` (NaN where the segment has no base).
    """

    rate: float
    mix: float
    table: pd.DataFrame
    before: float
    after: float
    segments: pd.DataFrame

    @property
    def total(self) -> float:
        """The change of the rate, after minus before."""
        return self.after - self.before

    @property
    def reversed(self) -> bool:
        """True when every segment moved against the total (Simpson's paradox)."""
        change = (self.segments["rate_after"] - self.segments["rate_before"]).dropna()
        return len(change) > 1 and bool(((change * self.total) < 0).all())


def mix_rate(before: Frame, after: Frame, rate: tuple[str, str], by: str | Sequence[str]) -> MixRate:
    """Split the change of `numerator / denominator` into a rate effect and a mix effect, symmetric and without rest.

    With shares w and rates r of the segments, `rate_s = (w0 + w1) / 2 * (r1 - r0)` and
    `mix_s = (w1 - w0) * ((r0 + r1) / 2 - R)`, where R is the mean of both total rates (centring changes the reading of
    a segment, not the total). A segment without a base in one period counts as mix only, whatever its numerator. Rows
    whose numerator or base is not known are left out.

    Args:
        before: any number of rows a segment (they are added up).
        after: the same for the later period.
        rate: (numerator, denominator) columns.
        by: columns that name a segment.

    >>> shift = mix_rate({"source": ["paid", "direct"], "orders": [200, 200], "visits": [4000, 1000]},
    ...                  {"source": ["paid", "direct"], "orders": [30, 720], "visits": [1000, 4000]},
    ...                  rate=("orders", "visits"), by="source")
    >>> round(shift.rate, 9), round(shift.mix, 9), shift.reversed
    (-0.02, 0.09, True)
    """
    import pandas as pd

    columns = named(by)
    if not columns:
        raise SpecError(Message("There is no segment."), Message("Name the segment columns with by."))
    sums = [_sums(as_frame(frame), columns, rate) for frame in (before, after)]
    segments = list(dict.fromkeys([*sums[0], *sums[1]]))
    nothing = np.zeros(2)
    old, new = (np.array([side.get(segment, nothing) for segment in segments]).reshape(-1, 2) for side in sums)
    if (old[:, 1] < 0).any() or (new[:, 1] < 0).any():
        raise DataError(Message("The base of a rate is negative."), Message("Leave returns out of the base."))
    with np.errstate(invalid="ignore", divide="ignore"):
        total = [float(np.divide(*x.sum(0))) for x in (old, new)]
        share = [x[:, 1] / x[:, 1].sum() for x in (old, new)]
        rates = [np.where(x[:, 1] > 0, x[:, 0] / x[:, 1], np.nan) for x in (old, new)]
        # What a segment brings to the total rate; it exists without a base of its own, and is what mix then means.
        brought = [x[:, 0] / x[:, 1].sum() for x in (old, new)]
    live = np.isfinite(rates[0]) & np.isfinite(rates[1])
    rate_part = np.where(live, (share[0] + share[1]) / 2 * (rates[1] - rates[0]), 0.0)
    moved = np.where(live, (share[1] - share[0]) * (rates[0] + rates[1]) / 2, brought[1] - brought[0])
    mix_part = np.nan_to_num(moved - (share[1] - share[0]) * (total[0] + total[1]) / 2)
    texts = _texts(segments, columns)
    told = pd.DataFrame(
        texts | {"share_before": share[0], "share_after": share[1], "rate_before": rates[0], "rate_after": rates[1]}
    )
    factor = np.repeat([RATE, MIX], len(segments))
    table = pd.DataFrame(
        {name: values * 2 for name, values in texts.items()}
        | {"factor": factor, "contribution": np.r_[rate_part, mix_part]}
    )
    return MixRate(float(rate_part.sum()), float(mix_part.sum()), table, total[0], total[1], told)


def _sums(frame: pd.DataFrame, columns: Sequence[str], rate: tuple[str, str]) -> dict[Segment, Floats]:
    """Numerator and denominator of each segment, of the rows in which both are known."""
    segments, values = _segments(frame, columns), numbers(frame, rate)
    known = ~np.isnan(values).any(1)
    number: dict[Segment, int] = {}
    place = [number.setdefault(segments[row], len(number)) for row in np.flatnonzero(known)]
    sums = [np.bincount(np.array(place, dtype=np.int64), column, len(number)) for column in values[known].T]
    return dict(zip(number, np.column_stack(sums), strict=True))
