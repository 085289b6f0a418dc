"""The answer to one query as arrays: which day and place each row is of, and its measures."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ecops.periods import Period

if TYPE_CHECKING:
    import pyarrow as pa

Floats = NDArray[np.float64]
Places = NDArray[np.int64]
Text = tuple[tuple[str, ...], Places]
"""A column of text: its values, and which of them each row has."""

_EPOCH = dt.date(1970, 1, 1).toordinal()
"""Arrow counts days from here."""


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows of measures; those of the same place and day add up.

    Attributes:
        days: `datetime.date.toordinal` of each row, shape (rows,).
        keys: column -> its text; "" where a row has none.
        measures: measure -> shape (rows,); NaN where a row has no value.
    """

    days: Places
    keys: Mapping[str, Text]
    measures: Mapping[str, Floats]

    def __len__(self) -> int:
        return len(self.days)

    def within(self, spans: Iterable[Period]) -> Rows:
        """The rows of the days of any span."""
        inside = np.zeros(len(self), dtype=bool)
        for span in spans:
            inside |= (self.days >= span.start.toordinal()) & (self.days <= span.end.toordinal())
        return self.where(inside)

    def where(self, chosen: NDArray[np.bool_]) -> Rows:
        """The rows that are chosen."""
        return Rows(
            self.days[chosen],
            {name: (values, place[chosen]) for name, (values, place) in self.keys.items()},
            {name: values[chosen] for name, values in self.measures.items()},
        )


def make_rows(table: pa.Table, keys: Mapping[str, str], measures: Iterable[str]) -> Rows:
    """The rows of an answer with a `date`.

    Args:
        table: the answer.
        keys: name -> column of text that holds it.
        measures: columns of numbers.
    """
    import pyarrow as pa

    days = table["date"].cast(pa.date32()).cast(pa.int32()).to_numpy() + np.int64(_EPOCH)
    amounts = {name: table[name].cast(pa.float64(), safe=False).to_numpy() for name in measures}
    return Rows(days, {name: text_column(table[column]) for name, column in keys.items()}, amounts)


def text_column(column: pa.ChunkedArray) -> Text:
    """A column of an answer; a missing value is ""."""
    import pyarrow as pa

    coded = column.cast(pa.string()).combine_chunks().fill_null("").dictionary_encode()
    return tuple(coded.dictionary.to_pylist()), coded.indices.to_numpy().astype(np.int64)


def join_text(columns: Sequence[Text]) -> Text:
    """Columns one below the other; their values come in order."""
    values = sorted({value for known, _ in columns for value in known})
    number = {value: place for place, value in enumerate(values)}
    places = [np.array([number[value] for value in known], dtype=np.int64)[place] for known, place in columns]
    return tuple(values), np.concatenate([np.zeros(0, dtype=np.int64), *places])


def join_rows(parts: Sequence[Rows]) -> Rows:
    """Rows with the same columns one below the other."""
    first = parts[0]
    if len(parts) == 1:
        return first
    return Rows(
        np.concatenate([part.days for part in parts]),
        {name: join_text([part.keys[name] for part in parts]) for name in first.keys},
        {name: np.concatenate([part.measures[name] for part in parts]) for name in first.measures},
    )


def half_years(spans: Iterable[Period]) -> list[Period]:
    """The calendar half-years with days of any span, in order.

    >>> [str(half.end) for half in half_years([Period(dt.date(2026, 6, 30), dt.date(2026, 7, 1))])]
    ['2026-06-30', '2026-12-31']
    """
    numbers = {number for span in spans for number in range(_half(span.start), _half(span.end) + 1)}
    years = [divmod(number, 2) for number in sorted(numbers)]
    return [Period(dt.date(year, 1 + 6 * late, 1), dt.date(year, 6 + 6 * late, 30 + late)) for year, late in years]


def _half(day: dt.date) -> int:
    return 2 * day.year + (day.month > 6)
