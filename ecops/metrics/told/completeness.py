"""How complete is what was brought in: how many of ten kinds of sources are there, and are their fields filled?"""

from __future__ import annotations

import functools
import math
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ecops import handbook
from ecops.messages import Message, Percent, Term
from ecops.metrics.daily import opened
from ecops.store import rollups
from ecops.tables import table

if TYPE_CHECKING:
    import pandas as pd


CITES = ("data.sources_min", "data.completeness_min")
"""Parameters of the handbooks that its verdict rests on."""


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of source.

    Attributes:
        key: stable name.
        label: what people call it.
        fields: table -> fields that say something only when they are filled.
    """

    key: str
    label: Term
    fields: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True)
class Completeness:
    """How complete the data of a shop is.

    Attributes:
        loaded: kinds of sources with at least one row.
        kinds: kinds there are, ten.
        needed: kinds that there should be (`data.sources_min`).
        share: filled cells over the cells of all fields of the loaded tables, 0 to 1; NaN without a row.
        goal: share there should be (`data.completeness_min`).
        sources: one row a kind: `key`, `kind` (its label), `loaded`, `rows`, `share` (NaN when not loaded).
        fields: one row a field of a loaded table, the emptiest first: `table`, `field`, `rows`, `filled`, `share`.
    """

    loaded: int
    kinds: int
    needed: int
    share: float
    goal: float
    sources: pd.DataFrame
    fields: pd.DataFrame

    @property
    def verdict(self) -> Message:
        """Both figures beside what there should be, in one sentence."""
        if math.isnan(self.share):
            return Message("None of {kinds} kinds of sources is loaded yet.", kinds=self.kinds)
        enough = self.loaded >= self.needed and self.share >= self.goal
        told = Message(
            "{loaded} of {kinds} kinds of sources are loaded (there should be {needed}); {share} of the fields that "
            "figures need are filled (there should be {goal}).",
            loaded=self.loaded, kinds=self.kinds, needed=self.needed, share=Percent(self.share),
            goal=Percent(self.goal),
        )  # fmt: skip
        return told if not enough else Message("{told} Both are as they should be.", told=told)


@functools.cache
def kinds() -> tuple[Kind, ...]:
    """The ten kinds of sources, see `completeness.toml`."""
    entries = tomllib.loads((Path(__file__).parent / "completeness.toml").read_text("utf-8"))
    return tuple(
        Kind(
            key,
            Term(en=entry["label"]["en"], zh=entry["label"]["zh"]),
            {name: tuple(fields) for name, fields in entry["fields"].items()},
        )
        for key, entry in entries.items()
    )


def completeness(data: Any) -> Completeness:
    """Kinds of sources loaded, and the share of their fields that are filled.

    A field is filled in a row when it holds anything. Every field of a loaded table counts, whether its file had the
    column or not: what a file lacks is as missing as what it left empty.

    Args:
        data: a workspace, or anything `ecops.metrics.kpis` takes.

    >>> import pandas as pd
    >>> found = completeness(pd.DataFrame({"platform": ["jd"] * 2, "date": ["2026-11-09"] * 2, "visitors": [9, None]}))
    >>> found.loaded, found.kinds, found.share
    (1, 10, 0.1)
    """
    import pandas as pd

    ready = opened(data)
    lines, cells = [], []
    for kind in kinds():
        own = [line for name, fields in kind.fields.items() if ready.has(name) for line in _fields(ready, name, fields)]
        rows = sum({str(line["table"]): int(line["rows"]) for line in own}.values())
        lines.append({"key": kind.key, "kind": kind.label, "loaded": rows > 0, "rows": rows, "share": _share(own)})
        cells += own
    fields = pd.DataFrame(cells, columns=["table", "field", "rows", "filled", "share"])
    fields = fields.sort_values(["share", "table", "field"], ignore_index=True)
    sources = pd.DataFrame(lines)
    return Completeness(
        int(sources["loaded"].sum()), len(lines), int(handbook.get("data.sources_min", ready)), _share(cells),
        handbook.get("data.completeness_min", ready), sources, fields,
    )  # fmt: skip


def _share(cells: list[dict[str, Any]]) -> float:
    needed = sum(int(cell["rows"]) for cell in cells)
    return sum(int(cell["filled"]) for cell in cells) / needed if needed else math.nan


def _fields(data: Any, name: str, fields: tuple[str, ...]) -> list[dict[str, Any]]:
    # Names of ecops.tables and of its roll-up alone, none of a file.
    source = name if name == rollups.BASE else table(name).name
    there = set(data.query(f"SELECT * FROM {source} LIMIT 0").column_names)  # noqa: S608 - as said
    known = [field for field in fields if field in there]
    cells = (f"count(nullif(CAST({field} AS VARCHAR), '')) AS {field}" for field in known)
    row = data.query(f"SELECT {', '.join(('count(*) AS all_rows', *cells))} FROM {source}").to_pylist()[0]  # noqa: S608
    rows = int(row["all_rows"])
    shown = "order_lines" if source == rollups.BASE else name
    return [
        {"table": shown, "field": field, "rows": rows, "filled": row.get(field, 0), "share": row.get(field, 0) / rows}
        for field in fields
        if rows
    ]
