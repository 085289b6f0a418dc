"""Small tables of any kind as one kind, so that the maths never asks where its numbers came from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ecops.errors import DataError, SpecError, unknown_name
from ecops.messages import Message

if TYPE_CHECKING:
    import pandas as pd

Frame = Any
"""A pandas, Polars or Arrow table, a mapping of columns or of single numbers, or the path of a CSV or Parquet file."""


def as_frame(data: Frame) -> pd.DataFrame:
    """A copy of `data` as a pandas table; the input is never changed."""
    import pandas as pd

    if isinstance(data, pd.DataFrame):
        return data.copy()
    if isinstance(data, Mapping):
        single = all(not isinstance(value, Sequence | np.ndarray) or isinstance(value, str) for value in data.values())
        return pd.DataFrame([dict(data)] if single else dict(data))
    if isinstance(data, str | Path):
        return _read(Path(data))
    if hasattr(data, "to_arrow"):
        data = data.to_arrow()
    if hasattr(data, "to_pandas"):
        frame = data.to_pandas()
        if isinstance(frame, pd.DataFrame):
            return frame
    raise SpecError(
        Message("A table of kind {kind} is not known.", kind=type(data).__name__),
        Message("Give a pandas, Polars or Arrow table, a mapping, or the path of a CSV or Parquet file."),
    )


def _read(path: Path) -> pd.DataFrame:
    import pandas as pd
    import pyarrow as pa

    try:
        return pd.read_parquet(path) if path.suffix == ".parquet" else pd.read_csv(path)
    except (OSError, ValueError, pa.ArrowException) as problem:
        raise DataError(
            Message("The table cannot be read."),
            Message("Check that it is a CSV or Parquet file."),
            {"file": path.name},
        ) from problem


def named(by: str | Sequence[str] | None) -> tuple[str, ...]:
    """Segment columns as a tuple."""
    return () if by is None else (by,) if isinstance(by, str) else tuple(by)


def need(frame: pd.DataFrame, columns: Sequence[str]) -> None:
    """Raise the error that names the first of `columns` that `frame` does not have."""
    for column in columns:
        if column not in frame.columns:
            raise unknown_name(Message("The column"), column, [str(name) for name in frame.columns])


def numbers(frame: pd.DataFrame, columns: Sequence[str]) -> NDArray[np.float64]:
    """`columns` as floats, shape (rows, columns); missing is NaN, text is an error."""
    need(frame, columns)
    values = np.empty((len(frame), len(columns)))
    for place, name in enumerate(columns):
        values[:, place] = _numbers(frame[name], name)
    return values


def _numbers(column: pd.Series[Any], name: str) -> NDArray[np.float64]:
    import pandas as pd

    numeric = pd.to_numeric(column, errors="coerce") if column.dtype.kind not in "fiu" else column
    wrong = numeric.isna() & column.notna()
    if wrong.any():
        raise DataError(
            Message("{value} is not a number.", value=str(column[wrong].iloc[0])),
            Message("Give numbers only in the columns that are calculated with."),
            {"column": name},
        )
    values: NDArray[np.float64] = numeric.to_numpy(dtype=np.float64, na_value=np.nan)
    return values
