"""HTML and XML tables that are called .xls: what many back offices send when they say Excel."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from lxml import etree, html

from ecops.errors import FileError
from ecops.messages import Count, Message
from ecops.sources.files import encoding as enc
from ecops.sources.files.archive import damaged
from ecops.sources.files.delimited import Bench, read_utf8
from ecops.sources.files.grid import Grid

SPREADSHEET_XML = b"urn:schemas-microsoft-com:office:spreadsheet"

_CHARSET = re.compile(rb"charset\s*=\s*[\"']?([\w-]+)", re.IGNORECASE)
_NAMES = {"gb2312": "gb18030", "gbk": "gb18030", "shift_jis": "cp932", "iso-8859-1": "cp1252", "utf8": "utf-8"}
_SPACES = re.compile(r"[ \t\r\n\f\v\u00a0]+")
_SHEET = "{urn:schemas-microsoft-com:office:spreadsheet}"


def read_html(path: Path, name: str, bench: Bench) -> list[Grid]:
    """Every table of a web page that has at least two rows; tables that only lay out others are passed over.

    Raises:
        FileError: no such table, too large, or an encoding that cannot be told.
    """
    text = _page_text(_content(path, bench))
    try:
        page = html.document_fromstring(text)
    except (etree.ParserError, etree.XMLSyntaxError, ValueError):
        raise damaged() from None
    tables = [table for table in page.iter("table") if next(table.iterdescendants("table"), None) is None]
    found = [rows for rows in (list(_html_rows(table, bench)) for table in tables) if len(rows) > 1]
    if not found:
        raise FileError(
            Message("The file is a web page without a table of data."),
            Message("The download may have been a sign-in page: sign in again and export the report once more."),
        )
    titles = [f"{name} › {number}" if len(found) > 1 else name for number in range(1, len(found) + 1)]
    return [_grid(rows, title, "html", bench) for rows, title in zip(found, titles, strict=True)]


def read_spreadsheet_xml(path: Path, name: str, bench: Bench) -> list[Grid]:
    """Every worksheet of an "XML Spreadsheet 2003".

    Raises:
        FileError: damaged, or it defines entities.
    """
    content = _content(path, bench)
    if re.search(rb"<!\s*(?:DOCTYPE|ENTITY)", content, re.IGNORECASE):
        raise FileError(
            Message("The workbook defines XML entities, which spreadsheets never do."),
            Message("Export the report again."),
        )
    try:
        book = etree.fromstring(content, etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False))
    except (etree.XMLSyntaxError, ValueError):
        raise damaged() from None
    sheets = [
        (sheet.get(f"{_SHEET}Name", ""), list(_xml_rows(sheet, bench))) for sheet in book.iter(f"{_SHEET}Worksheet")
    ]
    sheets = [(title, rows) for title, rows in sheets if rows]
    return [_grid(rows, f"{name} › {title}" if len(sheets) > 1 else name, "xml", bench) for title, rows in sheets]


def _content(path: Path, bench: Bench) -> bytes:
    if path.stat().st_size > bench.limits.markup_bytes:
        raise FileError(
            Message("A table as a web page can be {limit} MB at most.", limit=Count(bench.limits.markup_bytes / 1e6)),
            Message("Open it in a spreadsheet and save it as CSV or xlsx."),
        )
    return path.read_bytes()


def _page_text(content: bytes) -> str:
    """The page as text: byte order mark, strict UTF-8, what the page declares, the first other that decodes."""
    encoding, mark = enc.byte_order_mark(content)
    declared = _CHARSET.search(content[:4_096])
    names = [encoding] if encoding else ["utf-8"]
    if declared and not encoding:
        name = declared.group(1).decode().lower()
        names.append(_NAMES.get(name, name))
    for name in [*names, *enc.CANDIDATES]:
        try:
            text = content[mark:].decode(name)
        except (UnicodeDecodeError, LookupError):
            continue
        return re.sub(r"^\s*<\?xml[^>]*\?>", "", text)
    raise FileError(
        Message("The encoding of the page cannot be told."), Message("Save it as CSV in UTF-8, or as xlsx.")
    )


def _html_rows(table: Any, bench: Bench) -> Iterator[list[str]]:
    for row in table.iter("tr"):
        cells: list[str] = []
        for cell in row.iterchildren("td", "th"):
            cells.append(_SPACES.sub(" ", "".join(cell.itertext())).strip())
            span = cell.get("colspan", "1")
            blank = int(span) - 1 if span.isdecimal() and len(span) < 6 else 0
            cells.extend([""] * min(blank, bench.limits.columns))
        if any(cells):
            yield cells


def _xml_rows(sheet: Any, bench: Bench) -> Iterator[list[str]]:
    for row in sheet.iter(f"{_SHEET}Row"):
        cells: list[str] = []
        for cell in row.iterchildren(f"{_SHEET}Cell"):
            index = cell.get(f"{_SHEET}Index", "")
            if index.isdecimal() and len(index) < 6:
                cells.extend([""] * min(int(index) - 1 - len(cells), bench.limits.columns + 1))
            data = cell.find(f"{_SHEET}Data")
            text = "" if data is None else "".join(data.itertext())
            if data is not None and data.get(f"{_SHEET}Type") == "DateTime":
                text = text.removesuffix(".000").replace("T", " ").removesuffix(" 00:00:00")
            cells.append(text)
        if any(cells):
            yield cells


def _grid(rows: list[list[str]], name: str, container: str, bench: Bench) -> Grid:
    width = max(len(row) for row in rows)
    target = bench.new_file()
    with target.open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out, lineterminator="\n")
        writer.writerows([cell.replace("\0", "") for cell in row] + [""] * (width - len(row)) for row in rows)
    return read_utf8(target, name, container, bench)
