"""The questions: SELECTs in `.sql` files named after what they ask, with the columns to split by filled in."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from importlib import resources

from ecops import tables as registry
from ecops.errors import unknown_name
from ecops.messages import Message


def load_sql(package: str, name: str, by: Sequence[str] = (), allowed: Sequence[str] | None = None) -> str:
    """The text of `name`.sql in a package.

    Args:
        package: where the file lies, for example "ecops.growth.queries".
        name: file name without ".sql".
        by: columns to split by; `{by}` in the file becomes "platform, shop," (with the comma behind, nothing when
            empty), to be written before the other columns of a SELECT that ends with GROUP BY ALL.
        allowed: what may stand in `by`; every dimension of every canonical table when None.

    Raises:
        SpecError: a column of `by` is not allowed.
    """
    known = dimensions() if allowed is None else tuple(allowed)
    for column in by:
        if column not in known:
            raise unknown_name(Message("The dimension"), column, known)
    return _read_sql(package, name).replace("{by}", " ".join(f"{column}," for column in by))


@functools.cache
def dimensions() -> tuple[str, ...]:
    """Every column by which some canonical table may be split, and the hour and day of roll-ups."""
    found = dict.fromkeys(name for table in registry.tables().values() for name in table.dimensions)
    return (*found, *(name for name in ("date", "hour", "title") if name not in found))


@functools.cache
def _read_sql(package: str, name: str) -> str:
    return resources.files(package).joinpath(f"{name}.sql").read_text("utf-8")
