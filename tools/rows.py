"""Which rows of the operations handbooks work today: `python -m tools.rows` writes docs/rows.md, `--check` compares it.

`tests/rows.toml` lists the rows. A test that shows one working goes through a public door (a page, a command, a
documented function), asserts the row's number or sentence, and carries `@pytest.mark.row(61)`. The marks are read from
the text of the tests, none of which is run.
"""

from __future__ import annotations

import ast
import sys
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

ROOT = Path(__file__).resolve().parents[1]
TESTS = ROOT / "tests"
LEDGER = TESTS / "rows.toml"
PAGE = ROOT / "docs" / "rows.md"

Status = Literal["works", "partly", "not", "context"]
"""works: tests show all of it. partly: something is missing. not: nothing shows it. context: no file can compute it."""

_INTRODUCTION = """\
# What the operations handbooks ask for, and what works

Written by `make docs` from `tests/rows.toml` and the marks in the tests; do not edit it by hand. A row *works* when a
test goes through a page, a command or a documented function and asserts its number or its sentence. It works *partly*
when something is missing, which is said. *Context* is what no file of a shop can compute.
"""


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the handbooks.

    Attributes:
        number: of the row.
        section: key of its section.
        title: what is asked for, in a few words.
        note: what is missing, or why it is context; "" for none.
        tests: those that show it, as "folder/file.py::name", sorted.
        status: see `Status`.
    """

    number: int
    section: str
    title: str
    note: str
    tests: tuple[str, ...]
    status: Status


@dataclass(frozen=True, slots=True)
class Mark:
    """One test that says it shows rows working.

    Attributes:
        test: "folder/file.py::name".
        rows: their numbers.
        asserts: whether the test asserts anything.
    """

    test: str
    rows: tuple[int, ...]
    asserts: bool


@dataclass(frozen=True, slots=True)
class Ledger:
    """All rows, and what is wrong with what the ledger and the marks say.

    Attributes:
        sections: key -> name, in the order of the ledger.
        rows: sorted by number.
        problems: sentences; empty when all is well.
    """

    sections: Mapping[str, str]
    rows: tuple[Row, ...]
    problems: tuple[str, ...]


def read(ledger: Path = LEDGER, tests: Path = TESTS) -> Ledger:
    """The rows with their status, from the ledger and from the marks in the tests."""
    entries = tomllib.loads(ledger.read_text("utf-8"))
    found, problems = marks(tests)
    shown: dict[int, list[str]] = {}
    for mark in found:
        for number in mark.rows:
            shown.setdefault(number, []).append(mark.test)
    rows = [
        _row(int(number), (section, title), entry, tuple(sorted(shown.pop(int(number), ()))))
        for section, entry in entries.items()
        for number, title in entry["rows"].items()
    ]
    problems += [f"{mark.test} is marked and asserts nothing." for mark in found if not mark.asserts]
    problems += [f"{named[0]} marks row {number}, which is not listed." for number, named in sorted(shown.items())]
    problems += _contradictions(entries, rows)
    names = {section: entry["name"] for section, entry in entries.items()}
    return Ledger(names, tuple(sorted(rows, key=lambda row: row.number)), tuple(problems))


def _row(number: int, named: tuple[str, str], entry: Mapping[str, Mapping[str, str]], tests: tuple[str, ...]) -> Row:
    missing, context = (entry.get(kind, {}).get(str(number), "") for kind in ("missing", "context"))
    status: Status = "context" if context else "partly" if missing else "works" if tests else "not"
    return Row(number, *named, context or missing, tests, status)


def _contradictions(entries: Mapping[str, Mapping[str, Mapping[str, str]]], rows: Sequence[Row]) -> Iterator[str]:
    listed = [row.number for row in rows]
    for number in sorted({number for number in listed if listed.count(number) > 1}):
        yield f"Row {number} is listed twice."
    for row in rows:
        if row.status == "context" and row.tests:
            yield f"Row {row.number} is context, but {row.tests[0]} shows it working."
    for section, entry in entries.items():
        missing, context = entry.get("missing", {}), entry.get("context", {})
        for noted in sorted(missing.keys() & context.keys(), key=int):
            yield f"Row {noted} is both partly there and context."
        for noted in sorted((missing.keys() | context.keys()) - entry["rows"].keys(), key=int):
            yield f"A note of section {section} is about row {noted}, which it does not list."


def marks(tests: Path = TESTS) -> tuple[list[Mark], list[str]]:
    """Tests marked with rows, in the order of their files, and marks that cannot be read."""
    found: list[Mark] = []
    problems: list[str] = []
    for path in sorted(tests.rglob("*.py")):
        text = path.read_text("utf-8")
        if "mark.row(" not in text:
            continue
        tree, name = ast.parse(text), path.relative_to(tests).as_posix()
        seen: set[ast.Call] = set()
        for test, decorators in _tests(tree):
            calls = [call for decorator in decorators for call in _calls(decorator)]
            seen.update(calls)
            rows = tuple(number for call in calls for number in _numbers(call))
            if rows:
                found.append(Mark(f"{name}::{test.name}", rows, _asserts(test)))
        problems += [
            f"{name}:{call.lineno}: a row is marked by a decorator of a test, with plain numbers."
            for call in _calls(tree)
            if call not in seen or not _numbers(call)
        ]
    return found, problems


def _tests(tree: ast.Module) -> Iterator[tuple[ast.FunctionDef, list[ast.expr]]]:
    """Every test with its own decorators and those of its class."""
    for node in tree.body:
        inside = node.body if isinstance(node, ast.ClassDef) else [node]
        shared = node.decorator_list if isinstance(node, ast.ClassDef) else []
        for test in inside:
            if isinstance(test, ast.FunctionDef) and test.name.startswith("test_"):
                yield test, [*shared, *test.decorator_list]


def _calls(node: ast.AST) -> Iterator[ast.Call]:
    for call in ast.walk(node):
        if isinstance(call, ast.Call) and ast.unparse(call.func).endswith("mark.row"):
            yield call


def _numbers(call: ast.Call) -> tuple[int, ...]:
    """The rows of a mark; none when one of them is not a plain number."""
    values = [argument.value for argument in call.args if isinstance(argument, ast.Constant)]
    numbers = tuple(value for value in values if type(value) is int)
    return numbers if len(numbers) == len(call.args) and not call.keywords else ()


def _asserts(test: ast.FunctionDef) -> bool:
    return any(
        isinstance(node, ast.Assert) or (isinstance(node, ast.Attribute) and node.attr == "raises")
        for node in ast.walk(test)
    )


def page(ledger: Ledger) -> str:
    """docs/rows.md: counts on top, then a table a section."""
    states = get_args(Status)
    lines = [_INTRODUCTION, f"| section | rows | {' | '.join(states)} |", "|:--|" + "--:|" * (1 + len(states))]
    parts = {key: [row for row in ledger.rows if row.section == key] for key in ledger.sections}
    for key, name in ledger.sections.items():
        lines.append(_counts(f"[{name} ({key})](#{_anchor(name, key)})", parts[key]))
    lines.append(_counts("all", ledger.rows))
    for key, name in ledger.sections.items():
        lines += ["", f"## {name} ({key})", ""]
        lines += ["| row | asked for | status | shown by, or missing |", "|--:|:--|:--|:--|"]
        lines += [_line(row) for row in parts[key]]
    return "\n".join([*lines, ""])


def _anchor(name: str, key: str) -> str:
    kept = "".join(letter for letter in f"{name} {key}".lower() if letter.isalnum() or letter in " -")
    return kept.replace(" ", "-")


def _counts(name: str, rows: Sequence[Row]) -> str:
    numbers = [sum(row.status == state for row in rows) for state in get_args(Status)]
    return f"| {name} | {len(rows)} | {' | '.join(map(str, numbers))} |"


def _line(row: Row) -> str:
    shown = ", ".join(f"`{test}`" for test in row.tests)
    said = f"{row.note} {shown}".strip()
    return f"| {row.number} | {row.title} | {row.status} | {said} |"


def main(arguments: Sequence[str]) -> int:
    """Write the page, or with `--check` compare it; returns the exit code."""
    ledger = read()
    out = sys.stdout.write
    for problem in ledger.problems:
        out(f"{problem}\n")
    if "--check" in arguments:
        fresh = PAGE.exists() and PAGE.read_text("utf-8") == page(ledger)
        if not fresh:
            out(f"{PAGE.relative_to(ROOT)} does not say what the tests show: run `make docs`.\n")
        return int(not fresh or bool(ledger.problems))
    for row in ledger.rows:
        out(f"{row.number:3} {row.section:3} {row.status:7} {row.title}{f' ({row.note})' if row.note else ''}\n")
    PAGE.write_text(page(ledger), "utf-8")
    return int(bool(ledger.problems))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
