"""Every report we claim to know: found without help in every encoding it is written in, and converted to known rows."""

from __future__ import annotations

import dataclasses
import tomllib
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from ecops.engine.duck import Engine
from ecops.messages import Term
from ecops.sources.conversion.convert import convert
from ecops.sources.files.containers import read_grids
from ecops.sources.files.grid import Grid
from ecops.sources.limits import Limits
from ecops.sources.recognition.detect import detect
from ecops.sources.registry import known_headers, shared_values, source, sources, strict_columns
from ecops.sources.text import normalise_header
from ecops.tables import table

FIXTURES = Path(__file__).resolve().parents[1] / "fixtures" / "sources"
EXPECTED = tomllib.loads((FIXTURES / "expected.toml").read_text("utf-8"))
TEXT = (".csv", ".txt")


def encodings(case: str) -> tuple[str, ...]:
    """The encodings in which a report is written; a workbook has none."""
    text = Path(EXPECTED[case]["file"]).suffix in TEXT
    return source(case.split(" ", maxsplit=1)[0]).encodings if text else ("as it is",)


def written(file: Path, encoding: str, folder: Path) -> Path:
    """The fixture in another encoding; its own bytes decide which one it has now."""
    if encoding == "as it is":
        return file
    raw = file.read_bytes()
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = raw.decode("gb18030")
    folder.mkdir()
    out = folder / file.name
    out.write_bytes(text.encode(encoding))
    return out


def read(path: Path, folder: Path, engine: Engine) -> Grid:
    folder.mkdir()
    (grid,) = read_grids(path, folder, Limits(), path.name, engine=engine)
    return grid


def content(grid: Grid) -> tuple[Grid, str]:
    """All that a grid says but for where it lies and what its bytes were, and its text."""
    return dataclasses.replace(grid, path=Path(), encoding=""), grid.path.read_bytes().decode("utf-8-sig")


@pytest.mark.parametrize("case", EXPECTED)
def test_fixture_is_found_and_converted(case: str, tmp_path: Path, engine: Engine) -> None:
    expected, name = EXPECTED[case], case.split(" ", maxsplit=1)[0]
    grids = [
        read(written(FIXTURES / expected["file"], encoding, tmp_path / encoding), tmp_path / f"{encoding} work", engine)
        for encoding in encodings(case)
    ]
    grid = grids[0]
    assert [content(other) for other in grids[1:]] == [content(grid)] * (len(grids) - 1)
    best = detect(grid)[0]
    assert best.source == name
    assert set(best.missing) == set(expected.get("asks", {}))
    assert set(best.doubts) == ({"unconfirmed"} if source(name).unconfirmed else set())
    mapping = best.mapping.with_constants(**expected.get("asks", {}))
    found = convert(grid, mapping, tmp_path / "out.parquet", salt="pepper", timezone="Asia/Shanghai", engine=engine)
    assert found.rows_kept == expected["rows"]
    assert found.totals == expected.get("totals", found.totals)
    assert found.dropped == expected.get("dropped", {})
    assert found.rows_read == found.rows_kept + sum(found.dropped.values())
    rows = pq.read_table(found.path).to_pylist()
    first = expected["first"]
    assert [row for row in rows if {name: row[name] for name in first} == first], rows
    assert not [issue for issue in found.issues if issue.severity == "error"]


def test_every_source_has_a_fixture_and_an_expectation() -> None:
    assert {case.split(" ")[0] for case in EXPECTED} == set(sources())
    assert {entry["file"] for entry in EXPECTED.values()} == {
        path.name for path in FIXTURES.iterdir() if path.suffix != ".toml"
    }


@pytest.mark.parametrize("name", sources())
def test_source_names_real_columns_in_two_languages(name: str) -> None:
    entry = source(name)
    target = table(entry.table)
    groups = (entry.columns, entry.spread, entry.constants, entry.values, entry.empty, entry.missing, entry.derive)
    named = {column for group in groups for column in group} | {*entry.fill, *entry.asks, *entry.optional}
    named |= {*entry.fallback, *(other for others in entry.fallback.values() for other in others), *entry.addresses}
    named |= {part for pair in entry.derive.values() for part in pair} | {*entry.preamble, *entry.countries}
    named |= {*entry.in_header, *entry.without}
    assert named <= set(target.names)
    for text in (entry.label, entry.where):
        assert isinstance(text, Term)
        assert text.zh
        assert text.en
    assert entry.generic or entry.signature, "a report needs a signature, or the synonyms of its table"
    assert entry.container in ("csv", "xls", "xlsx")


@pytest.mark.parametrize("name", sources())
def test_money_is_never_carried_down(name: str) -> None:
    entry = source(name)
    assert not [column for column in entry.fill if table(entry.table)[column].type in ("money", "number", "integer")]


@pytest.mark.parametrize("name", sources())
def test_headers_are_known_to_the_reader(name: str) -> None:
    assert source(name).headers <= known_headers()


def test_status_words_lead_to_known_states() -> None:
    states = {"unpaid", "paid", "shipped", "completed", "closed", "refunded"}
    assert set(shared_values()["status"].values()) == states
    for entry in sources().values():
        for word, state in entry.values.get("status", {}).items():
            assert state in states, (entry.name, word)
    assert strict_columns() == {
        "order_lines.status", "orders.status", "payment_attempts.outcome", "service_contacts.kind",
        "traffic_daily.level",
    }  # fmt: skip


@pytest.mark.parametrize("name", [name for name, entry in sources().items() if "status" in entry.columns])
def test_unknown_status_is_refused(name: str, tmp_path: Path, engine: Engine) -> None:
    if table(source(name).table).name not in ("orders", "order_lines") or source(name).container != "csv":
        pytest.skip("only text files of orders can be edited here")
    path = FIXTURES / EXPECTED[name]["file"]
    raw = path.read_bytes()
    encoding = "utf-8-sig" if raw.startswith(b"\xef\xbb\xbf") else "gb18030" if b"\xb6\xa9" in raw else "utf-8"
    text = raw.decode(encoding)
    work = tmp_path / "work"
    work.mkdir()
    (grid,) = read_grids(path, work, Limits(), path.name, engine=engine)
    mapping = next(match.mapping for match in detect(grid) if match.source == name)
    word = grid.samples[mapping.columns["status"]][-1]
    (tmp_path / path.name).write_bytes(text.replace(word, "火星状态").encode("utf-8"))
    (grid,) = read_grids(tmp_path / path.name, work, Limits(), path.name, engine=engine)
    found = convert(grid, mapping, tmp_path / "out.parquet", salt="x", engine=engine)
    assert found.refused
    assert not (tmp_path / "out.parquet").exists()
    (unknown,) = found.unknown_values["status"]
    assert unknown == "火星状态"
    assert found.issues[0].kind == "unknown_value"
    explained = mapping.with_values("status", {unknown: "paid"})
    assert not convert(grid, explained, tmp_path / "out.parquet", salt="x", engine=engine).refused


def test_headers_are_compared_without_their_dress() -> None:
    assert normalise_header("Sessions – Total") in source("amazon_business").headers
    assert normalise_header("收货地址 ") in source("taobao_orders").headers
