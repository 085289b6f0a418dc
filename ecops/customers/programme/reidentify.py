"""A list that the platform's own tool understands, although buyers are hashed in the store.

The owner gives the original export once more. The worker that reads every upload hashes its buyers as it did on load,
with the name beside; the names of the list leave as one file. Nothing of it is kept: the worker's folder goes away with
the inspection, the audit log notes who, when and how many.
"""

from __future__ import annotations

import tempfile
from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING

from ecops.errors import DataError, MappingError
from ecops.messages import Message

if TYPE_CHECKING:
    from ecops.sources import Inspection
    from ecops.sources.files.grid import Grid
    from ecops.store.workspace import Workspace

_PEOPLE = ("buyer_id", "customer_id", "user_id")


def reidentify(
    workspace: Workspace, file: bytes | Path | str, customers: Collection[str], *, actor: str = "", name: str = ""
) -> bytes:
    """The platform's own names of these customers, as a CSV with one column.

    Args:
        workspace: whose salt the customers were hashed with.
        file: the original export, a path or its bytes.
        customers: hashed ids, as `Audience.reached` gives them.
        actor: who asks, for the audit log.
        name: what the user calls the file.

    Raises:
        MappingError: no sheet of the file has a column of buyers.
        DataError: none of the customers is in the file.
    """
    from ecops import door

    with workspace.inspect(file, name or None) as inspection:
        found = [
            (grid, position) for grid, _ in inspection.sheets if (position := _buyers(inspection, grid)) is not None
        ]
        if not found:
            raise MappingError(
                Message("The file has no column that names buyers."),
                Message("Give the export that was loaded, with the buyer's name or id in it."),
                {"file": inspection.file},
            )
        names = _named(workspace, inspection, found, set(customers))
    if not names:
        raise DataError(
            Message("None of the customers of the list is in this file."),
            Message("Give the export that these orders were loaded from."),
        )
    workspace.record("export", {"what": "audience", "rows": len(names)}, actor=actor)
    import pandas as pd

    return door.to_csv(pd.DataFrame({"buyer": names}))


def _buyers(inspection: Inspection, grid: Grid) -> int | None:
    """Position of the column of buyers of a sheet."""
    for sheet, matches in inspection.sheets:
        if sheet is not grid:
            continue
        for match in matches:
            for column in _PEOPLE:
                if column in match.mapping.columns:
                    return match.mapping.columns[column]
    return None


def _named(workspace: Workspace, inspection: Inspection, found: list[tuple[Grid, int]], wanted: set[str]) -> list[str]:
    """The names behind the wanted hashes, sorted; the file that holds both lives in the inspection's folder."""
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    from ecops.sources.recognition.mapping import Mapping

    names: set[str] = set()
    with tempfile.TemporaryDirectory(dir=inspection.work) as folder:
        for number, (grid, position) in enumerate(found):
            # The same column twice: once as a person, which hashes it, once as the text it is.
            mapping = Mapping("generic_customers", "customers", {"customer_id": position, "tags": position})
            out = Path(folder) / f"{number}.parquet"
            inspection.convert(
                grid,
                mapping,
                out,
                salt=workspace.setting("salt"),
                currency=None,
                timezone=workspace.setting("timezone", "Asia/Shanghai"),
            )
            rows = pq.read_table(out, columns=["customer_id", "tags"])
            import pyarrow as pa

            kept = rows.filter(pc.is_in(rows["customer_id"], value_set=pa.array(sorted(wanted), type=pa.string())))
            names.update(kept["tags"].to_pylist())
    return sorted(names)
