"""The container of old Office files, looked at before a library follows its chains.

An OLE file is a small file system: a table says which sector follows which. When one bit of that table is wrong a chain
can run in a circle, and the library reads until memory ends. Format: [MS-CFB], sections 2.2 to 2.5.
"""

from __future__ import annotations

import struct

import numpy as np
import numpy.typing as npt

_HEADER = 512
_LAST_SECTOR = 0xFFFFFFFA  # numbers from here on are marks, not sectors

Table = npt.NDArray[np.uint32]


def chains_end(content: bytes) -> bool:
    """Whether the header makes sense and every chain of sectors comes to an end."""
    if len(content) < _HEADER:
        return False
    shift, mini_shift = struct.unpack_from("<HH", content, 30)
    if (shift, mini_shift) not in ((9, 6), (12, 6)):
        return False
    size = 1 << shift
    first_mini, mini_count, first_list, list_count = struct.unpack_from("<IIII", content, 60)
    places = np.frombuffer(content, "<u4", 109, 76)
    sector, left = first_list, min(list_count, len(content) // size)
    while sector < _LAST_SECTOR and left > 0:
        more = _sector(content, sector, size)
        if len(more) == 0:
            return False
        places, sector, left = np.concatenate([places, more[:-1]]), int(more[-1]), left - 1
    table = _joined(content, places[places < _LAST_SECTOR], size)
    if len(table) == 0 or _has_circle(table):
        return False
    minis: list[int] = []
    sector = first_mini
    while sector < len(table) and len(minis) < mini_count:
        minis.append(sector)
        sector = int(table[sector])
    return not _has_circle(_joined(content, np.array(minis, np.uint32), size))


def _sector(content: bytes, number: int, size: int) -> Table:
    """One sector as numbers, the last one of a file perhaps cut; empty when it lies behind the end."""
    begin = (number + 1) * size
    return np.frombuffer(content[begin : begin + size // 4 * 4][: (len(content) - begin) // 4 * 4], "<u4")


def _joined(content: bytes, numbers: Table, size: int) -> Table:
    parts = [_sector(content, int(number), size) for number in numbers[: len(content) // size]]
    return np.concatenate(parts) if parts else np.empty(0, np.uint32)


def _has_circle(table: Table) -> bool:
    """Jump one step from every entry, then two, four, ...: who has not left the table in the end runs in a circle."""
    count = len(table)
    following = np.append(np.minimum(table.astype(np.int64), count), count)
    for _ in range(count.bit_length() + 1):
        following = following[following]
    return bool((following < count).any())
