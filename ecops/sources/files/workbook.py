"""Excel workbooks (xlsx and the old BIFF xls) to UTF-8 text, sheet by sheet.

The reader below (calamine) allocates the rectangle up to the last cell before it gives anything back: one cell in the
last corner ends the process. So the XML is looked through first, in chunks, for the last cell of every sheet.
"""

from __future__ import annotations

import csv
import dataclasses
import datetime as dt
import io
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path, PurePosixPath

import python_calamine as calamine
from lxml import etree

from ecops.errors import FileError
from ecops.messages import Count, Message
from ecops.sources.files.archive import Meter, damaged, member_chunks, open_zip, protected
from ecops.sources.files.delimited import Bench, read_utf8
from ecops.sources.files.grid import Grid
from ecops.sources.files.ole import chains_end
from ecops.sources.limits import Limits

_CELL = re.compile(rb"\sr=[\"']([A-Za-z]{1,4})(\d{1,8})[\"']")
_NO_CACHED_VALUE = re.compile(
    rb"<(?:\w+:)?f\b(?:[^>]*/>|[^>]*>[^<]*</(?:\w+:)?f>)\s*(?:<(?:\w+:)?v\s*/>|<(?:\w+:)?v>\s*</(?:\w+:)?v>)?\s*</(?:\w+:)?c>"
)
_DOCTYPE = re.compile(rb"<!\s*(?:DOCTYPE|ENTITY)", re.IGNORECASE)
_OVERLAP = 65_536  # bytes kept between chunks so that a formula cell is seen whole
_EXACT = 10**15  # whole numbers beyond this many have lost digits in Excel itself
_WHOLE = 2**53  # beyond it a cell cannot even hold them
_SECOND = dt.timedelta(seconds=1)


@dataclass(slots=True)
class _SheetXml:
    """What the XML of one sheet says: last row and column used, formulas without a stored result."""

    rows: int = 0
    columns: int = 0
    uncached: int = 0


def read_xlsx(path: Path, name: str, bench: Bench) -> list[Grid]:
    """Every visible sheet of an xlsx file that has rows.

    Raises:
        FileError: damaged, bomb, far cell, macros, password, or no sheet with rows.
    """
    with path.open("rb") as file:
        archive = open_zip(file, bench.limits)
        names = {member.filename for member in archive.infolist()}
        if any(PurePosixPath(member).name.lower() == "vbaproject.bin" for member in names):
            raise with_macros()
        scanned = _scan(archive, path.stat().st_size, bench.limits)
        titles = _sheet_titles(archive, names)
    uncached = {titles.get(part, ""): sheet.uncached for part, sheet in scanned.items() if sheet.uncached}
    return _sheets(path, name, "xlsx", uncached, bench)


def read_xls(path: Path, name: str, bench: Bench) -> list[Grid]:
    """Every visible sheet of a BIFF xls file that has rows.

    Raises:
        FileError: as `read_xlsx`; also what else an OLE file may be: an encrypted xlsx, a document.
    """
    content = path.read_bytes()
    if "EncryptedPackage".encode("utf-16-le") in content:
        raise protected()
    if "_VBA_PROJECT".encode("utf-16-le") in content:
        raise with_macros()
    if not any(stream.encode("utf-16-le") in content for stream in ("Workbook", "Book")) or not chains_end(content):
        raise damaged()
    return _sheets(path, name, "xls", {}, bench)


def with_macros() -> FileError:
    """The error for a workbook that carries macros."""
    return FileError(
        Message("The workbook holds macros, which no export of a shop platform does."),
        Message("Save it as .xlsx without macros and load that."),
    )


def _sheets(path: Path, name: str, container: str, uncached: dict[str, int], bench: Bench) -> list[Grid]:
    grids = []
    try:
        with calamine.CalamineWorkbook.from_filelike(io.BytesIO(path.read_bytes())) as book:
            tables = [sheet for sheet in book.sheets_metadata if sheet.typ == calamine.SheetTypeEnum.WorkSheet]
            shown = [sheet.name for sheet in tables if sheet.visible == calamine.SheetVisibleEnum.Visible]
            hidden = [sheet.name for sheet in tables if sheet.name not in shown]
            for title in shown:
                target = bench.new_file()
                rows, damaged_ids = _write(book.get_sheet_by_name(title), target, bench.limits)
                if rows == 0:
                    continue
                label = f"{name} › {title}" if len(shown) > 1 else name
                notes = _notes(uncached.get(title, uncached.get("", 0)), damaged_ids)
                try:
                    grid = read_utf8(target, label, container, bench)
                except FileError as error:
                    raise error.at(sheet=title) from None
                grids.append(dataclasses.replace(grid, notes=grid.notes + notes))
        if grids and hidden:
            left = Message("Hidden sheets are not read: {names}.", names=", ".join(hidden)[:200])
            grids[0] = dataclasses.replace(grids[0], notes=(*grids[0].notes, left))
    except calamine.PasswordError:
        raise protected() from None
    except (calamine.CalamineError, OSError, ValueError):
        raise damaged() from None
    return grids


def _notes(uncached: int, damaged_ids: int) -> tuple[Message, ...]:
    notes = []
    if uncached:
        notes.append(
            Message(
                "{n} formula cells have no stored result and were read as empty. "
                "Open the workbook in Excel, save it, and load it again.",
                n=Count(uncached),
            )
        )
    if damaged_ids:
        notes.append(
            Message(
                "{n} cells hold numbers of 16 digits or more: Excel keeps only the first 15 digits, "
                "so order numbers among them are wrong. Export as CSV, or with these columns as text.",
                n=Count(damaged_ids),
            )
        )
    return tuple(notes)


def _scan(archive: zipfile.ZipFile, packed: int, limits: Limits) -> dict[str, _SheetXml]:
    """Read every member once in chunks: count bytes, refuse entities, find the last cell of each sheet."""
    meter = Meter(packed, limits)
    found: dict[str, _SheetXml] = {}
    for member in archive.infolist():
        chunks = member_chunks(archive, member, meter)
        if not member.filename.lower().endswith((".xml", ".rels")):
            for _ in chunks:
                pass
            continue
        sheet = _SheetXml()
        is_sheet = "worksheets/" in member.filename.lower()
        for text in _overlapping(chunks):
            if _DOCTYPE.search(text):
                raise FileError(
                    Message("The workbook defines XML entities, which spreadsheets never do."),
                    Message("Export the report again."),
                )
            if is_sheet:
                _look_at(text, sheet, limits)
        if is_sheet:
            found[member.filename.lower()] = sheet
    return found


def _overlapping(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """Chunks that begin with the last unfinished cell of the one before."""
    carry = b""
    for chunk in chunks:
        text = carry + chunk
        cut = max(text.rfind(b"<c "), text.rfind(b":c "), len(text) - _OVERLAP)
        yield text[:cut]
        carry = text[cut:]
    yield carry


def _look_at(text: bytes, sheet: _SheetXml, limits: Limits) -> None:
    cells = _CELL.findall(text)
    if cells:
        sheet.rows = max(sheet.rows, *(int(digits) for digits in {digits for _, digits in cells}), 0)
        sheet.columns = max(
            sheet.columns, *(_column_number(letters) for letters in {letters for letters, _ in cells}), 0
        )
        if sheet.rows * sheet.columns > limits.cells:
            raise FileError(
                Message(
                    "The sheet reaches to row {row} and column {column}, more cells than can be read.",
                    row=Count(sheet.rows),
                    column=Count(sheet.columns),
                ),
                Message("Delete everything far below and to the right of the table, or save the sheet as CSV."),
            )
    if b"f" in text and (b"<f" in text or b":f" in text):
        sheet.uncached += len(_NO_CACHED_VALUE.findall(text))


def _column_number(letters: bytes) -> int:
    number = 0
    for letter in letters.upper():
        number = number * 26 + letter - 64
    return number


def _sheet_titles(archive: zipfile.ZipFile, names: set[str]) -> dict[str, str]:
    """Sheet titles by their part of the archive; empty when the workbook does not say."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
    try:
        if not {"xl/workbook.xml", "xl/_rels/workbook.xml.rels"} <= names:
            return {}
        book = etree.fromstring(archive.read("xl/workbook.xml"), parser)
        relations = etree.fromstring(archive.read("xl/_rels/workbook.xml.rels"), parser)
    except (etree.XMLSyntaxError, zipfile.BadZipFile):
        return {}
    parts = {
        relation.get("Id"): ("" if relation.get("Target", "").startswith("/") else "xl/")
        + relation.get("Target", "").lstrip("/")
        for relation in relations.iterfind("{*}Relationship")
    }
    titles = {}
    for sheet in book.iterfind("{*}sheets/{*}sheet"):
        key = next((value for attribute, value in sheet.attrib.items() if attribute.endswith("}id")), "")
        titles[parts.get(key, "").lower()] = sheet.get("name", "")
    return titles


def _write(sheet: calamine.CalamineSheet, target: Path, limits: Limits) -> tuple[int, int]:
    """Write a sheet as CSV from its first cell to its last; rows written and whole numbers that lost digits."""
    if sheet.start is None or sheet.end is None:
        return 0, 0
    height, width = sheet.end[0] + 1, sheet.end[1] + 1
    if width * height > limits.cells:
        raise FileError(
            Message(
                "The sheet reaches to row {row} and column {column}, more cells than can be read.",
                row=Count(height),
                column=Count(width),
            ),
            Message("Delete everything far below and to the right of the table, or save the sheet as CSV."),
        )
    damaged_ids = rows = 0
    left = [""] * sheet.start[1]
    with target.open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out, lineterminator="\n")
        blank = 0
        # From the first row of the sheet, but only from the first column that has cells.
        for values in sheet.iter_rows():
            cells = left + [value if type(value) is str else _text(value) for value in values]
            numbers = [value for value in values if type(value) is float]
            if numbers and (max(numbers) >= _EXACT or min(numbers) <= -_EXACT):
                damaged_ids += sum(abs(number) >= _EXACT for number in numbers)
            if not any(cells):
                blank += 1
                continue
            for _ in range(blank):
                writer.writerow([""] * len(cells))
            rows, blank = rows + 1 + blank, 0
            writer.writerow([cell.replace("\0", "") if "\0" in cell else cell for cell in cells])
    return rows, damaged_ids


def _text(value: object) -> str:
    """A cell's value as text: ISO dates, numbers as Excel shows them in full, TRUE and FALSE."""
    if isinstance(value, float):
        return number_text(value)
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, dt.datetime):
        value = (value + _SECOND / 2).replace(microsecond=0)
        return value.date().isoformat() if value.time() == dt.time() else value.isoformat(" ")
    if isinstance(value, dt.timedelta):
        seconds = round(value.total_seconds())
        return f"{seconds // 3600}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"
    if isinstance(value, dt.time):
        return value.isoformat("seconds")
    return str(value)


def number_text(value: float) -> str:
    """A number without float noise: the 15 digits that Excel keeps, no ".0", an exponent only where digits are lost.

    >>> number_text(3.0), number_text(0.1 + 0.2), number_text(1e-7), number_text(6920000000000.0)
    ('3', '0.3', '0.0000001', '6920000000000')
    >>> number_text(328112233445566001.0)
    '3.28112233445566e+17'
    """
    if abs(value) > _WHOLE:
        return f"{value:.14e}"  # written out it would look like a number with all its digits
    if value.is_integer():
        return str(int(value))
    plain = f"{value:.15g}"
    return format(Decimal(plain), "f") if "e" in plain else plain
