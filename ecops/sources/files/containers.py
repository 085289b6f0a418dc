"""What kind of file it is, by its first bytes and never by its name, and the way of each kind to `Grid`."""

from __future__ import annotations

import dataclasses
import errno
import re
import zipfile
from collections.abc import Callable, Collection, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from ecops.errors import EcopsError, FileError
from ecops.messages import Count, Message
from ecops.sources.files import encoding as enc
from ecops.sources.files.archive import Meter, damaged, gunzip, member_chunks, open_zip, shown_name
from ecops.sources.files.delimited import Bench, read_text
from ecops.sources.files.grid import Grid
from ecops.sources.limits import Limits, too_much_memory, too_much_space

if TYPE_CHECKING:
    from ecops.engine.duck import Engine

Kind = Literal["text", "xlsx", "zip", "xls", "gz", "parquet", "html", "xml"]

_HEAD_BYTES = 8_192

_REFUSED_MAGIC: tuple[tuple[bytes, int, str], ...] = (
    (b"%PDF", 0, "PDF"),
    (b"DUCK", 8, "DuckDB"),
    (b"SQLite format 3\0", 0, "SQLite"),
    (b"MZ", 0, "Windows program"),
    (b"\x7fELF", 0, "program"),
    (b"Rar!", 0, "RAR"),
    (b"7z\xbc\xaf\x27\x1c", 0, "7z"),
    (b"BZh", 0, "bzip2"),
    (b"\xfd7zXZ\0", 0, "xz"),
    (b"\x28\xb5\x2f\xfd", 0, "zstd"),
    (b"ARROW1", 0, "Arrow/Feather"),
    (b"Obj\x01", 0, "Avro"),
    (b"ORC", 0, "ORC"),
    (b"\x89PNG", 0, "PNG"),
    (b"\xff\xd8\xff", 0, "JPEG"),
    (b"GIF8", 0, "GIF"),
    (b"PARE", 0, "encrypted Parquet"),
    (b"\x80\x02", 0, "pickle"),
    (b"\x80\x03", 0, "pickle"),
    (b"\x80\x04", 0, "pickle"),
    (b"\x80\x05", 0, "pickle"),
)
_REFUSED_PARTS: tuple[tuple[str, str], ...] = (
    ("xl/workbook.bin", "xlsb"),
    ("word/document.xml", "Word"),
    ("ppt/presentation.xml", "PowerPoint"),
    ("meta-inf/manifest.xml", "OpenDocument (ods)"),
    ("index/document.iwa", "Numbers"),
)
_JSON = re.compile(rb'^\s*(?:\[\s*[\[{"\d]|\{\s*")')
_MARKUP = re.compile(rb"^\s*<(?:!--|!doctype html|html|head|meta|body|table|div|style|\?xml)", re.IGNORECASE)


def read_grids(
    path: Path,
    work: Path,
    limits: Limits,
    name: str | None = None,
    known: Collection[str] | None = None,
    engine: Engine | None = None,
) -> list[Grid]:
    """Every sheet of a file as text. Runs inside the worker only: hostile files may end the process.

    Args:
        path: the file; it is not changed.
        work: an empty folder for copies.
        limits: what the file may cost.
        name: what the user calls the file; the name of `path` when None.
        known: normalised headers of all sources; those of the registry when None.
        engine: who parses text, able to read both folders; a private one when None, which takes 25 ms to make.

    Raises:
        FileError: every way in which a file cannot be read, with file, sheet and row. Nothing else is raised.
    """
    name = name or path.name
    try:
        if known is None:
            from ecops.sources.registry import known_headers

            known = known_headers()
        bench = Bench(work, limits, known, [path.parent], engine)
        _refuse_large(path, limits)
        return _with_rows(_read(path, name, bench, nested=False))
    except EcopsError as error:
        raise error.at(file=name) from None
    except MemoryError:
        raise too_much_memory().at(file=name) from None
    except OSError as error:
        if error.errno not in (errno.EFBIG, errno.ENOSPC, errno.EDQUOT):
            raise damaged().at(file=name) from error
        raise too_much_space().at(file=name) from error
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException as error:
        # The reader's promise: whatever a library raises while it reads a file is about the file. Panics of compiled
        # libraries are no Exceptions.
        raise damaged().at(file=name) from error


def kind_of(path: Path) -> Kind:
    """The kind of a file by its first bytes.

    Raises:
        FileError: a kind that is not read, by its name.
    """
    with path.open("rb") as file:
        head = file.read(_HEAD_BYTES)
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return _kind_of_zip(path)
    if head.startswith(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"):
        return "xls"
    if head.startswith(b"\x1f\x8b"):
        return "gz"
    if head.startswith(b"PAR1"):
        return "parquet"
    for magic, offset, label in _REFUSED_MAGIC:
        if head.startswith(magic, offset) and not (magic.isalnum() and _is_text(head)):
            raise _unknown(label)
    mark = enc.byte_order_mark(head)
    start = head[mark[1] :].replace(b"\0", b"") if mark[0].startswith("utf-16") else head[mark[1] :]
    if _MARKUP.match(start):
        return "xml" if b"urn:schemas-microsoft-com:office:spreadsheet" in start else "html"
    if _JSON.match(start):
        raise _unknown("JSON")
    return "text"


def _is_text(head: bytes) -> bool:
    """Whether bytes that begin with ASCII letters, as some magic numbers do, are text after all."""
    return b"\0" not in head and (b"\n" in head or b"\r" in head)


def _kind_of_zip(path: Path) -> Kind:
    try:
        with zipfile.ZipFile(path) as archive:
            names = {name.lower() for name in archive.namelist()}
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, EOFError):
        raise damaged() from None
    for part, label in _REFUSED_PARTS:
        if part in names:
            raise _unknown(label)
    return "xlsx" if "xl/workbook.xml" in names or "[content_types].xml" in names else "zip"


def _read(path: Path, name: str, bench: Bench, nested: bool) -> list[Grid]:
    kind = kind_of(path)
    if kind in ("zip", "gz") and nested:
        raise FileError(
            Message("An archive inside an archive is not read."), Message("Unpack it and load the files in it.")
        )
    return _readers()[kind](path, name, bench)


def _readers() -> dict[Kind, Callable[[Path, str, Bench], list[Grid]]]:
    """Readers by kind; their libraries are loaded when the kind is met."""

    def text(path: Path, name: str, bench: Bench) -> list[Grid]:
        return [read_text(path, name, bench)]

    def workbook(path: Path, name: str, bench: Bench) -> list[Grid]:
        from ecops.sources.files.workbook import read_xlsx

        return read_xlsx(path, name, bench)

    def old_workbook(path: Path, name: str, bench: Bench) -> list[Grid]:
        from ecops.sources.files.workbook import read_xls

        return read_xls(path, name, bench)

    def page(path: Path, name: str, bench: Bench) -> list[Grid]:
        from ecops.sources.files.markup import read_html

        return read_html(path, name, bench)

    def spreadsheet_xml(path: Path, name: str, bench: Bench) -> list[Grid]:
        from ecops.sources.files.markup import read_spreadsheet_xml

        return read_spreadsheet_xml(path, name, bench)

    def parquet(path: Path, name: str, bench: Bench) -> list[Grid]:
        from ecops.sources.files.columnar import read_parquet

        return read_parquet(path, name, bench)

    return {
        "text": text,
        "xlsx": workbook,
        "xls": old_workbook,
        "html": page,
        "xml": spreadsheet_xml,
        "parquet": parquet,
        "zip": _read_zip,
        "gz": _read_gz,
    }


def _read_gz(path: Path, name: str, bench: Bench) -> list[Grid]:
    target = bench.new_file(".bin")
    gunzip(path, target, bench.limits)
    return _read(target, name.removesuffix(".gz"), bench, nested=True)


def _read_zip(path: Path, name: str, bench: Bench) -> list[Grid]:
    """Every report in an archive. Members of kinds that are never reports are left out and told."""
    grids: list[Grid] = []
    left_out: list[str] = []
    with path.open("rb") as file:
        archive = open_zip(file, bench.limits)
        meter = Meter(path.stat().st_size, bench.limits)
        for label, target in _members(archive, meter, bench):
            try:
                grids.extend(_read(target, f"{name} › {label}", bench, nested=True))
            except _UnknownKindError:
                left_out.append(label)
            except EcopsError as error:
                raise error.at(file=f"{name} › {label}") from None
    if not grids:
        raise FileError(
            Message("The archive holds no report that can be read."), Message("Put CSV or Excel files into it.")
        )
    if left_out:
        note = Message("{n} files of the archive are no reports and were left out: {names}.", **_named(left_out))
        grids[0] = dataclasses.replace(grids[0], notes=(*grids[0].notes, note))
    return grids


def _members(archive: zipfile.ZipFile, meter: Meter, bench: Bench) -> Iterator[tuple[str, Path]]:
    """Shown name and unpacked copy of each member; the copy's name is ours, the member's is never a path."""
    for member in archive.infolist():
        label = shown_name(member)
        if member.is_dir() or label.startswith("._") or label == ".DS_Store" or member.filename.startswith("__MACOSX/"):
            continue
        target = bench.new_file(".bin")
        with target.open("wb") as out:
            for chunk in member_chunks(archive, member, meter):
                out.write(chunk)
        yield label, target


def _named(names: list[str]) -> dict[str, object]:
    return {"n": Count(len(names)), "names": ", ".join(names[:5])}


class _UnknownKindError(FileError):
    """A kind that is not read; inside an archive it is left out."""


def _unknown(kind: str) -> FileError:
    return _UnknownKindError(
        Message("A {kind} file is not a report that can be read.", kind=kind),
        Message("Load CSV, TSV, xlsx, xls, Parquet, or a zip of them."),
    )


def _refuse_large(path: Path, limits: Limits) -> None:
    if path.stat().st_size > limits.file_bytes:
        raise FileError(
            Message("The file is larger than {limit} MB.", limit=Count(limits.file_bytes / 1e6)),
            Message("Load it by its path: python -m ecops load, or export a shorter period."),
        )


def _with_rows(grids: list[Grid]) -> list[Grid]:
    found = [grid for grid in grids if grid.rows]
    if not found:
        raise FileError(Message("The file has no rows."), Message("Export it again for a period that has data."))
    return found
