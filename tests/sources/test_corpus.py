"""Small files from many hands: each is loaded with its sums, or asked about; none becomes something else in silence."""

from __future__ import annotations

import dataclasses
import random
import tomllib
from pathlib import Path

import pytest

from ecops.engine.duck import Engine
from ecops.errors import EcopsError
from ecops.sources.conversion.convert import convert
from ecops.sources.conversion.report import Conversion, much_left_out
from ecops.sources.files.containers import read_grids
from ecops.sources.files.grid import Grid
from ecops.sources.limits import Limits
from ecops.sources.recognition.detect import Match, detect
from ecops.sources.registry import source, sources
from ecops.sources.text import normalise_header
from ecops.tables import table

CORPUS = Path(__file__).parent / "corpus"
EXPECTED = tomllib.loads((CORPUS / "expected.toml").read_text("utf-8"))
FIXTURES = Path(__file__).resolve().parents[1] / "fixtures" / "sources"
OF_SOURCES = tomllib.loads((FIXTURES / "expected.toml").read_text("utf-8"))
KNOWN = [name for name, entry in sources().items() if entry.signature]


def taken(path: Path, folder: Path, engine: Engine) -> tuple[str, Conversion] | None:
    """The report a file is loaded as and what came of it; None when people are asked anything first."""
    try:
        (grid,) = read_grids(path, folder, Limits(), path.name, engine=engine)
        matches = detect(grid)
        if not matches or matches[0].missing or not matches[0].certain:
            return None
        found = convert(grid, matches[0].mapping, folder / "out.parquet", salt="pepper", engine=engine)
    except EcopsError:
        return None
    asked = found.refused or much_left_out(found.rows_read, found.dropped)
    return None if asked else (matches[0].source, found)


@pytest.mark.parametrize("name", EXPECTED)
def test_a_file_is_loaded_with_its_sums_or_asked_about(name: str, tmp_path: Path, engine: Engine) -> None:
    expected = EXPECTED[name]
    work = tmp_path / "work"
    work.mkdir()
    outcome = taken(CORPUS / name, work, engine)
    if "asks" in expected:
        assert outcome is None, outcome
        return
    assert outcome is not None, "asked about, although it is plain"
    report, found = outcome
    assert report == expected["source"]
    assert found.rows_kept == expected["rows"]
    assert {column: round(total, 4) for column, total in found.totals.items()} == expected["totals"]
    assert expected.get("dropped", {}).items() <= found.dropped.items()


def test_the_corpus_is_large_and_most_of_it_needs_no_question() -> None:
    assert {path.name for path in CORPUS.iterdir()} == {*EXPECTED, "expected.toml"}
    assert len(EXPECTED) >= 60
    assert sum("source" in entry for entry in EXPECTED.values()) >= 45


def seen(name: str, folder: Path, engine: Engine) -> tuple[Grid, Match]:
    path = FIXTURES / OF_SOURCES[name]["file"]
    (grid,) = read_grids(path, folder, Limits(), path.name, engine=engine)
    return grid, detect(grid)[0]


def measured(match: Match) -> dict[str, str]:
    """Measure -> the header it is read from."""
    measures = {column for group in table(match.table).measures for column in group}
    return {column: match.header(column) for column in measures if column in match.mapping.columns}


def is_sound(match: Match, before: Match) -> bool:
    """Whether a changed sheet is asked about, or is still the same report with its measures from where they were."""
    if match.missing or not match.certain:
        return True
    own = {column: set(map(normalise_header, heads)) for column, heads in source(match.source).columns.items()}
    return match.table == before.table and all(
        header == measured(before).get(column, header) or normalise_header(header) in own.get(column, set())
        for column, header in measured(match).items()
    )


@pytest.mark.parametrize("name", KNOWN)
def test_a_known_report_with_a_column_renamed_or_missing_is_right_or_asked(
    name: str, tmp_path: Path, engine: Engine
) -> None:
    grid, before = seen(name, tmp_path, engine)
    money = {"paid_amount", "pay_amount", "amount", "net_amount", "status"} & {*measured(before), "status"}
    for place in sorted(set(before.mapping.columns.values())):
        read = {column for column, at in before.mapping.columns.items() if at == place}
        header = grid.columns[place]
        renamed = list(grid.columns)
        renamed[place] = "Xqz 17"
        keep = [at for at in range(len(grid.columns)) if at != place]
        without = dataclasses.replace(
            grid, columns=tuple(grid.columns[at] for at in keep), samples=tuple(grid.samples[at] for at in keep)
        )
        changes = ((dataclasses.replace(grid, columns=tuple(renamed)), {*measured(before)} | money), (without, money))
        for changed, weighty in changes:
            match = next(iter(detect(changed)), None)
            if match is None:
                continue  # said to be no report we know
            assert is_sound(match, before), (header, match)
            lost = {column for column in read & weighty if column not in match.mapping.columns}
            if lost and not source(name).without:
                assert match.missing or not match.certain, (header, match)


@pytest.mark.parametrize("name", KNOWN)
def test_the_order_of_columns_does_not_matter(name: str, tmp_path: Path, engine: Engine) -> None:
    grid, before = seen(name, tmp_path, engine)
    places = list(range(len(grid.columns)))
    random.Random(7).shuffle(places)
    shuffled = dataclasses.replace(
        grid, columns=tuple(grid.columns[at] for at in places), samples=tuple(grid.samples[at] for at in places)
    )
    match = detect(shuffled)[0]
    assert (match.source, match.doubts, match.missing) == (before.source, before.doubts, before.missing)
    assert {c: match.header(c) for c in match.mapping.columns} == {c: before.header(c) for c in before.mapping.columns}
