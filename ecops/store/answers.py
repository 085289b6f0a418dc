"""What people say about a file beyond what detection finds: the answers an upload asks for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from ecops.errors import DataError, MappingError, near
from ecops.messages import Message
from ecops.sources.recognition.mapping import Mapping as ColumnMapping
from ecops.sources.text import normalise_header
from ecops.tables import table

if TYPE_CHECKING:
    from ecops.sources.files.grid import Grid


@dataclass(frozen=True, slots=True)
class Answers:
    """Decisions that hold for every sheet of a file, on top of the mapping it has.

    Attributes:
        columns: canonical name -> header of the file, or the number of a column from 1; "" where the file has none,
            and a measure is not missed.
        constants: canonical name -> the value of every row; wins over a column of the file.
        shop: name of the shop; for the tables that know shops.
        status: word of the file -> canonical status.
        date_order: "dmy", "mdy" or "ymd".
        decimal: "," or ".", the decimal mark of its numbers.
    """

    columns: Mapping[str, str] = field(default_factory=dict)
    constants: Mapping[str, str] = field(default_factory=dict)
    shop: str = ""
    status: Mapping[str, str] = field(default_factory=dict)
    date_order: str = ""
    decimal: str = ""

    def applied(self, mapping: ColumnMapping, grid: Grid) -> ColumnMapping:
        """The mapping with these answers.

        Raises:
            MappingError: the sheet has no such column.
        """
        names = table(mapping.table).names
        constants = {name: value for name, value in mapping.constants.items() if not self.columns.get(name)}
        constants |= self.constants
        if self.shop and "shop" in names:
            constants["shop"] = self.shop
        columns = {**mapping.columns, **{name: _position(text, grid) for name, text in self.columns.items() if text}}
        gone = {*constants, *(name for name, text in self.columns.items() if not text)}
        columns = {name: position for name, position in columns.items() if name not in gone}
        mapping = replace(mapping, columns=columns, constants=constants)
        if self.status and "status" in names:
            mapping = mapping.with_values("status", self.status)
        measures = {name for group in table(mapping.table).measures for name in group}
        if waived := sorted(name for name, text in self.columns.items() if not text and name in measures):
            mapping = mapping.with_options(without=",".join(waived))
        written = {"date_order": self.date_order, "decimal": self.decimal}
        return mapping.with_options(**{name: said for name, said in written.items() if said})

    @property
    def columns_said(self) -> frozenset[str]:
        """The canonical columns that people said something about."""
        return frozenset({*self.columns, *self.constants})


def _position(text: str, grid: Grid) -> int:
    """The place of a column that people name by its header or number."""
    headers = [normalise_header(header) for header in grid.columns]
    wanted = normalise_header(text)
    if wanted in headers:
        return headers.index(wanted)
    if text.isdigit() and 1 <= int(text) <= len(headers):
        return int(text) - 1
    close = near(text, filter(None, grid.columns)) or [header for header in grid.columns if header][:20]
    raise MappingError(
        Message("The file has no column {column}.", column=text),
        Message("Did you mean {names}?", names=", ".join(close)),
        {"sheet": grid.name},
    )


def check_currency(code: str) -> str:
    """`code` as an ISO 4217 code in capitals.

    Raises:
        DataError: there is no such currency.
    """
    from babel.numbers import is_currency

    plain = code.strip().upper()
    if not is_currency(plain):
        raise DataError(
            Message("{name} is not a currency.", name=code),
            Message("Give its ISO code of three letters, such as CNY, USD, EUR or GBP."),
        )
    return plain
