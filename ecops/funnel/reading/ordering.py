"""Sorting many keys on every core: numpy sorts on one, but lets others sort meanwhile."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from ecops.funnel.reading.log import Ints

_LEAST = 500_000
"""Keys a core: below, handing out the work takes longer than it saves."""

_SAMPLE = 10_000
"""Keys that are looked at to cut the rest into parts of about the same size."""


def merged(chunks: list[Ints], cores: int) -> Ints:
    """All keys of the chunks in ascending order.

    Args:
        chunks: int64, in any order; the list is emptied on the way, so that the memory of chunks that nobody else
            holds is given back while the keys come together.
        cores: parts that are sorted at once.
    """
    total = sum(map(len, chunks))
    keys = np.empty(total, dtype=np.int64)
    cuts = _cuts(chunks, min(cores, total // _LEAST))

    def collect(place: int, begins: Ints) -> None:
        chunk = chunks[place]
        chunks[place] = chunk[:0].copy()
        for part, begin in enumerate(begins):
            found = _part(chunk, cuts, part)
            keys[begin : begin + len(found)] = found

    with ThreadPoolExecutor(len(cuts) + 1) as pool:
        counted = list(pool.map(lambda chunk: _counts(chunk, cuts), chunks))
        sizes = np.array(counted, dtype=np.int64).reshape(len(chunks), len(cuts) + 1)
        ends = np.cumsum(sizes.sum(axis=0))
        begins = np.cumsum(sizes, axis=0) - sizes + (ends - sizes.sum(axis=0))
        list(pool.map(collect, range(len(chunks)), begins))
        list(pool.map(lambda begin, end: keys[begin:end].sort(), [0, *ends[:-1]], ends))
    chunks.clear()
    return keys


def _cuts(chunks: Sequence[Ints], parts: int) -> list[int]:
    """Keys at which the parts begin, but for the first; fewer where many keys are equal."""
    if parts < 2:
        return []
    step = max(1, sum(map(len, chunks)) // _SAMPLE)
    seen = np.sort(np.concatenate([chunk[::step] for chunk in chunks]))
    return sorted({int(seen[len(seen) * part // parts]) for part in range(1, parts)})


def _counts(chunk: Ints, cuts: Sequence[int]) -> list[int]:
    below = [0, *(int(np.count_nonzero(chunk < cut)) for cut in cuts), len(chunk)]
    return [high - low for low, high in itertools.pairwise(below)]


def _part(chunk: Ints, cuts: Sequence[int], part: int) -> Ints:
    if not cuts:
        return chunk
    if part == 0:
        return chunk[chunk < cuts[0]]
    if part == len(cuts):
        return chunk[chunk >= cuts[-1]]
    return chunk[(chunk >= cuts[part - 1]) & (chunk < cuts[part])]
