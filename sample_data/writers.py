"""Files whose bytes depend on nothing but their content: fixed times in every container."""

from __future__ import annotations

import csv
import datetime as dt
import gzip
import io
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import xlsxwriter
import xlwt

STAMP = (2026, 11, 16, 9, 0, 0)
Row = Sequence[Any]


def csv_bytes(
    header: Row, rows: Iterable[Row], *, encoding: str = "utf-8", quote: bool = False, before: str = ""
) -> bytes:
    """A CSV file; `before` is put above the header, `quote` quotes every field as Taobao does."""
    text = io.StringIO()
    text.write(before)
    writer = csv.writer(text, quoting=csv.QUOTE_ALL if quote else csv.QUOTE_MINIMAL, lineterminator="\r\n")
    writer.writerow(header)
    writer.writerows(rows)
    return text.getvalue().encode(encoding)


def zip_bytes(members: Mapping[str, bytes]) -> bytes:
    """A zip archive with `members` in their order."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in members.items():
            entry = zipfile.ZipInfo(name, date_time=STAMP)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.create_system = 3
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, content, compresslevel=9)
    return buffer.getvalue()


def gzip_bytes(content: bytes) -> bytes:
    """Gzip without a name or a time."""
    buffer = io.BytesIO()
    with gzip.GzipFile(filename="", mode="wb", compresslevel=9, fileobj=buffer, mtime=0) as archive:
        archive.write(content)
    return buffer.getvalue()


def xlsx_bytes(sheets: Mapping[str, tuple[Row, Iterable[Row]]]) -> bytes:
    """A workbook: sheet name -> (header, rows). Text stays text, numbers stay numbers."""
    buffer = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    workbook = xlsxwriter.Workbook(buffer, options)
    workbook.set_properties({"created": dt.datetime(*STAMP), "author": "sample"})
    for name, (header, rows) in sheets.items():
        sheet = workbook.add_worksheet(name)
        for number, row in enumerate((header, *rows)):
            sheet.write_row(number, 0, row)
    workbook.close()
    with zipfile.ZipFile(buffer) as archive:
        return zip_bytes({member: archive.read(member) for member in archive.namelist()})


def xls_bytes(name: str, preamble: Sequence[str], header: Row, rows: Iterable[Row]) -> bytes:
    """An old BIFF workbook as 生意参谋 writes it: `preamble`, an empty line, the header, the rows; all text."""
    workbook = xlwt.Workbook(encoding="utf-8")
    sheet = workbook.add_sheet(name)
    for number, line in enumerate(preamble):
        sheet.write(number, 0, line)
    first = len(preamble) + 1
    for number, row in enumerate((header, *rows), start=first):
        for column, value in enumerate(row):
            sheet.write(number, column, value)
    buffer = io.BytesIO()
    workbook.save(buffer)
    return buffer.getvalue()
