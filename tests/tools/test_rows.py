"""The ledger of rows: honest about the tests there are, and fresh."""

import pytest

from ecops.capability import capabilities
from tools import rows

LEDGER = """
[OV]
name = "Overview"
[OV.rows]
1 = "one"
2 = "two"
3 = "three"
4 = "four"
[OV.missing]
2 = "Half of it."
[OV.context]
4 = "Nobody can."
"""
MARKED = """
import pytest

@pytest.mark.row(1, 2)
@pytest.mark.parametrize("x", [1])
def test_marked(x):
    assert x

class TestAll:
    @pytest.mark.row(1)
    def test_inside(self):
        with pytest.raises(ValueError):
            int("x")

@pytest.mark.parametrize("x", [pytest.param(1, marks=pytest.mark.row(1))])
def test_by_parameter(x):
    assert x
"""


@pytest.fixture
def ledger(tmp_path):
    """Write a ledger and one file of tests, and read them."""

    def read(tests=MARKED, told=LEDGER):
        (tmp_path / "rows.toml").write_text(told, "utf-8")
        (tmp_path / "pages").mkdir(exist_ok=True)
        (tmp_path / "pages" / "test_a.py").write_text(tests, "utf-8")
        return rows.read(tmp_path / "rows.toml", tmp_path)

    return read


def test_every_row_of_the_handbooks_has_a_status_and_every_mark_a_row():
    found = rows.read()
    assert found.problems == ()
    assert [row.number for row in found.rows] == [*range(1, 287), *range(301, 319)]
    assert {row.status for row in found.rows} <= {"works", "partly", "not", "context"}
    assert all(row.title and len(row.title.split()) <= 10 for row in found.rows)
    assert all(row.tests for row in found.rows if row.status == "works")


def test_the_page_is_fresh():
    assert rows.PAGE.read_text("utf-8") == rows.page(rows.read()), "run `make docs`"


def test_a_status_follows_from_marks_and_notes(ledger):
    found = ledger()
    assert found.problems == ()
    assert [(row.number, row.status, row.note) for row in found.rows] == [
        (1, "works", ""),
        (2, "partly", "Half of it."),
        (3, "not", ""),
        (4, "context", "Nobody can."),
    ]
    names = ("test_by_parameter", "test_inside", "test_marked")
    assert found.rows[0].tests == tuple(f"pages/test_a.py::{name}" for name in names)


def test_the_page_counts_and_names_the_tests(ledger):
    told = rows.page(ledger())
    assert "| [Overview (OV)](#overview-ov) | 4 | 1 | 1 | 1 | 1 |" in told
    assert "| 2 | two | partly | Half of it. `pages/test_a.py::test_marked` |" in told
    assert "| 3 | three | not |  |" in told


@pytest.mark.parametrize(
    ("tests", "told"),
    [
        ("@pytest.mark.row(9)\ndef test_x():\n    assert 1\n", "row 9, which is not listed"),
        ("@pytest.mark.row(1)\ndef test_x():\n    pass\n", "asserts nothing"),
        ("@pytest.mark.row(4)\ndef test_x():\n    assert 1\n", "Row 4 is context"),
        ("@pytest.mark.row('1')\ndef test_x():\n    assert 1\n", "test_a.py:1: a row is marked by a decorator"),
        ("@pytest.mark.row()\ndef test_x():\n    assert 1\n", "plain numbers"),
        ("pytestmark = pytest.mark.row(1)\ndef test_x():\n    assert 1\n", "by a decorator of a test"),
        ("@pytest.mark.row(1)\ndef other():\n    assert 1\n", "by a decorator of a test"),
    ],
)
def test_marks_that_say_too_much_are_told(ledger, tests, told):
    (problem,) = ledger(tests).problems
    assert told in problem


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (("[OV.context]\n4", "[OV.context]\n2"), "both partly there and context"),
        (('2 = "Half', '7 = "Half'), "row 7, which it does not list"),
        (('4 = "four"', '4 = "four"\n[FN]\nname = "F"\n[FN.rows]\n4 = "again"'), "Row 4 is listed twice"),
    ],
)
def test_a_ledger_that_contradicts_itself_is_told(ledger, change, told):
    assert any(told in problem for problem in ledger("", LEDGER.replace(*change)).problems)


def test_a_stale_page_fails_the_check_and_is_not_written(ledger, tmp_path, monkeypatch, capsys):
    found = ledger()
    monkeypatch.setattr(rows, "read", lambda: found)
    monkeypatch.setattr(rows, "PAGE", tmp_path / "rows.md")
    monkeypatch.setattr(rows, "ROOT", tmp_path)
    assert rows.main(["--check"]) == 1
    assert "make docs" in capsys.readouterr().out
    assert not rows.PAGE.exists()
    assert rows.main([]) == 0
    assert "  2 OV  partly  two (Half of it.)" in capsys.readouterr().out
    assert rows.main(["--check"]) == 0


@pytest.mark.parametrize("guest", capabilities().values(), ids=lambda guest: guest.key)
def test_a_capability_claims_only_rows_that_work_at_least_in_part(guest):
    status = {row.number: row.status for row in rows.read().rows}
    assert guest.rows
    assert [number for number in guest.rows if status.get(number) in {None, "not", "context"}] == []
