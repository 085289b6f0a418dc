"""One sheet of text, whatever it was before: the only thing the rest of the product knows about a file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, cast

from ecops.messages import Message
from ecops.sources import wire

Reading = Literal["strict", "padded", "unproven"]
"""How the rows follow the header: strict: every row has every column. padded: some rows end early.
unproven: strict as far as one can tell before the parser has seen the rows."""

DELIMITERS = (",", "\t", ";", "|")


@dataclass(frozen=True, slots=True)
class Grid:
    """One sheet as a UTF-8 text file, ready for DuckDB's CSV reader.

    Attributes:
        name: "orders.csv", "book.xlsx › Sheet1", "all.zip › a.csv".
        path: UTF-8 text: a copy in the work folder, or the original when it already is clean UTF-8.
        delimiter: one of comma, tab, semicolon, vertical bar.
        quote: always `"`; a quote inside a quoted cell is doubled.
        encoding: what the bytes were ("utf-8", "gb18030", ...).
        container: "csv", "xlsx", "xls", "html", "xml" or "parquet".
        header_line: physical line of the header, from 0; the lines before it are the preamble.
        preamble: those lines (report dates live there).
        columns: header cells as people see them, duplicates kept: the position is the identity.
            Columns that have cells but no header are "" at the end.
        rows: data rows parsed by DuckDB, footers among them; as many as `lines` while the reading is unproven.
        lines: records counted in the bytes, independently of the parser; equal to `rows`.
        samples: for each column up to three non-empty values.
        notes: what the reader wants the user to know.
        reading: how the rows follow the header.
        scales: columns whose numbers are in thousands or more: position and 千, 万 or 亿.
    """

    name: str
    path: Path
    delimiter: str
    quote: str
    encoding: str
    container: str
    header_line: int
    preamble: tuple[str, ...]
    columns: tuple[str, ...]
    rows: int
    lines: int
    samples: tuple[tuple[str, ...], ...]
    notes: tuple[Message, ...] = ()
    reading: Reading = "strict"
    scales: tuple[tuple[int, str], ...] = ()

    def scan_sql(self) -> str:
        """The table function that reads the data rows as text: columns `c0`, `c1`, ... by position.

        Empty cells are NULL, nothing else is. Bind `scan_parameters()` beside your own parameters.
        """
        columns = ", ".join(f"'c{i}': 'VARCHAR'" for i in range(len(self.columns)))
        # DuckDB's parallel scanner refuses padding beside some quoted cells.
        padding = ", null_padding=true, parallel=false" if self.reading == "padded" else ""
        read = (
            f"read_csv($grid_path, auto_detect=false, header=false, skip={self.header_line + 1}, "
            f"delim='{self.delimiter}', quote='\"', escape='\"', columns={{{columns}}}{padding})"
        )
        if not self.scales:
            return read
        # A number in 万 is read as "12.3万", whatever its cell looks like.
        scaled = ", ".join(f"CASE WHEN c{at} <> '' THEN c{at} || '{mark}' END AS c{at}" for at, mark in self.scales)
        return f"(SELECT * REPLACE ({scaled}) FROM {read})"  # noqa: S608 - positions and three words of our own

    def scan_parameters(self) -> dict[str, str]:
        """The values that `scan_sql` needs bound."""
        return {"grid_path": str(self.path)}

    def to_dict(self) -> dict[str, Any]:
        """The grid as plain JSON values."""
        plain = {name: getattr(self, name) for name in self.__dataclass_fields__}
        return plain | {"path": str(self.path), "notes": [wire.pack(note) for note in self.notes]}

    @classmethod
    def from_dict(cls, plain: Mapping[str, Any]) -> Grid:
        """The grid that `to_dict` wrote, also after a trip through JSON."""
        return cls(
            **{
                **plain,
                "path": Path(plain["path"]),
                "preamble": tuple(plain["preamble"]),
                "columns": tuple(plain["columns"]),
                "samples": tuple(tuple(values) for values in plain["samples"]),
                "notes": tuple(cast("Message", wire.unpack(note)) for note in plain["notes"]),
                "scales": tuple((at, mark) for at, mark in plain.get("scales", ())),
            }
        )
