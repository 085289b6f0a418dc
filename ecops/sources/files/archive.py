"""Zip and gzip without trust: every inflated byte is counted while it is read, names are only ever shown."""

from __future__ import annotations

import gzip
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from ecops.errors import FileError
from ecops.messages import Count, Message
from ecops.sources.limits import Limits
from ecops.sources.text import strip_hidden

CHUNK_BYTES = 1_048_576

_DAMAGE = (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, ValueError, RuntimeError)


class Meter:
    """Counts what comes out of one packed file.

    Args:
        packed: size of the packed file in bytes.
        limits: see `Limits.inflated_bytes` and `Limits.ratio`.
    """

    def __init__(self, packed: int, limits: Limits) -> None:
        self._most = limits.inflated_bytes
        self._most_by_ratio = max(limits.ratio_floor, limits.ratio * packed)
        self._inflated = 0

    def add(self, size: int) -> None:
        """Count `size` more inflated bytes.

        Raises:
            FileError: more than the limits allow.
        """
        self._inflated += size
        hint = Message("Export a shorter period, or unpack the file and load the CSV.")
        if self._inflated > self._most:
            what = Message("The file unpacks to more than {limit} MB.", limit=Count(self._most / 1e6))
            raise FileError(what, hint)
        if self._inflated > self._most_by_ratio:
            raise FileError(
                Message("The file unpacks to far more than any export does: it may be made to do harm."), hint
            )


def open_zip(file: BinaryIO, limits: Limits) -> zipfile.ZipFile:
    """The zip archive in `file`; nothing is unpacked yet.

    Raises:
        FileError: damaged, protected with a password, or too many members.
    """
    try:
        archive = zipfile.ZipFile(file)
    except _DAMAGE:
        raise damaged() from None
    members = archive.infolist()
    if len(members) > limits.members:
        raise FileError(
            Message(
                "The archive holds {members} files; {limit} is the most that can be read.",
                members=Count(len(members)),
                limit=Count(limits.members),
            ),
            Message("Load the reports one by one or in smaller archives."),
        )
    if any(member.flag_bits & 1 for member in members):
        raise protected()
    return archive


def member_chunks(archive: zipfile.ZipFile, member: zipfile.ZipInfo, meter: Meter) -> Iterator[bytes]:
    """The content of one member in chunks, counted; what the header says about its size is not believed.

    Raises:
        FileError: damaged or beyond the limits.
    """
    try:
        with archive.open(member) as file:
            while chunk := file.read(CHUNK_BYTES):
                meter.add(len(chunk))
                yield chunk
    except _DAMAGE:
        raise damaged() from None


def shown_name(member: zipfile.ZipInfo) -> str:
    """The last part of a member's name as people wrote it; Chinese tools write GBK without saying so."""
    name = member.filename
    if not member.flag_bits & 0x800:
        try:
            name = name.encode("cp437").decode("gb18030")
        except UnicodeError:
            name = member.filename
    last = name.replace("\\", "/").rstrip("/").rpartition("/")[2]
    return "".join(character for character in strip_hidden(last) if character.isprintable())[:200] or "?"


def gunzip(path: Path, target: Path, limits: Limits) -> None:
    """Unpack a gzip file to `target`.

    Raises:
        FileError: damaged or beyond the limits.
    """
    meter = Meter(path.stat().st_size, limits)
    try:
        with gzip.open(path) as file, target.open("wb") as out:
            while chunk := file.read(CHUNK_BYTES):
                meter.add(len(chunk))
                out.write(chunk)
    except _DAMAGE:
        raise damaged() from None


def damaged() -> FileError:
    """The error for a file that is cut off or broken."""
    return FileError(
        Message("The file is damaged or was not downloaded to its end."), Message("Download or export it again.")
    )


def protected() -> FileError:
    """The error for a file with a password."""
    return FileError(
        Message("The file is protected with a password."),
        Message("Open it with the password and save it without one, then load it again."),
    )
