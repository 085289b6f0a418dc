"""One sheet becomes one Parquet file of canonical rows, and says everything that happened on the way.

One pass over the text writes a stage of cleaned cells (`staging.py`). Typed rows (`typed.py`) are a SELECT over it,
made anew for each question with the few columns it needs, and written once. The header of a file never enters SQL: its
columns are positions, the names are those of `ecops/tables`, values are parameters.
"""

from __future__ import annotations

import contextlib
import csv
import dataclasses
import datetime as dt
import tempfile
from collections.abc import Iterable
from collections.abc import Mapping as MappingType
from pathlib import Path
from typing import Any

from ecops.engine.duck import Engine
from ecops.errors import DataError, FileError, StoreError
from ecops.messages import Count, DateRange, Message
from ecops.sources.conversion import checks, staging, typed
from ecops.sources.conversion.netting import net_refunds
from ecops.sources.conversion.report import Conversion, Issue
from ecops.sources.conversion.staging import MOMENTS, Job, quoted, used
from ecops.sources.files.grid import Grid
from ecops.sources.limits import Limits
from ecops.sources.recognition.mapping import Mapping, check_mapping
from ecops.sources.registry import source, strict_columns
from ecops.sources.text import normalise_header

_MEMORY = "600MB"
_BAD_ROWS = 10_000
_NAMED_WORDS = 8
_ROW_GROUP = 61_440  # half of what is usual: rows are written in order, and the cores wait less for each other


def convert(
    grid: Grid,
    mapping: Mapping,
    out: Path,
    *,
    salt: str,
    currency: str | None = None,
    timezone: str = "Asia/Shanghai",
    engine: Engine | None = None,
) -> Conversion:
    """Write the rows of `grid` as the canonical table that `mapping` names.

    Args:
        grid: a sheet of text.
        mapping: proposed by `detect`, or changed by people.
        out: the Parquet file to write; unreadable cells go into `<out>.bad.csv` beside it.
        salt: of the workspace; people become sha256(salt + name).
        currency: of the workspace, or said by people; None when it is not known yet.
        timezone: of the shop, an IANA name; times with an offset are converted to it.
        engine: who works, able to read and write the folders of `grid` and `out`; a private one when None.

    Returns:
        What happened. `Conversion.refused` when words of a status have to be explained first.

    Raises:
        MappingError: the mapping does not fit, or dates are ambiguous.
        DataError: mixed currencies, or order numbers whose digits are lost in the file.
        FileError: no row is left, or the parser finds other rows than the file has records.
    """
    report = source(mapping.source)
    table = check_mapping(mapping, grid.columns)
    with tempfile.TemporaryDirectory(prefix=".convert-", dir=out.parent) as folder:
        if engine is None:
            engine = Engine((grid.path.resolve().parent, out.resolve().parent), memory_limit=_MEMORY, temp=folder)
        stage = (Path(folder) / "stage.parquet").resolve()
        job = Job(grid, mapping, report, table, engine, stage, timezone, {"salt": salt})
        job, dropped = _staged(job)
        kept = dropped.pop("", 0)
        if not kept:
            raise _nothing_left(grid, dropped)
        _refuse_rounded(job)
        reading = typed.read_columns(job, staging.currency_of(job, currency))
        unknown = _read_words(job, reading)
        if unknown:
            return _stopped(job, dropped, unknown, reading.currency)
        done = _finish(job, reading, dropped, out, Path(folder))
        repaired = tuple(_repaired(note) for note in job.grid.notes[len(grid.notes) :])
        return dataclasses.replace(done, issues=(*done.issues, *repaired)) if repaired else done


def _staged(job: Job) -> tuple[Job, dict[str, int]]:
    """The stage and its rows by kind; of a text that nobody has parsed yet it must hold every record.

    Raises:
        FileError: the parser finds other rows than there are records.
    """
    if job.grid.reading == "unproven":
        with contextlib.suppress(StoreError):  # rows that do not follow the header; what else it was comes again below
            dropped = staging.write_stage(job)
            if sum(dropped.values()) == job.grid.lines:
                return job, dropped
        from ecops.sources.files.delimited import Bench, prove

        bench = Bench(job.stage.parent, Limits(), (), [job.grid.path.parent], job.engine)
        parameters = {"salt": job.parameters["salt"]}
        job = dataclasses.replace(job, grid=prove(job.grid, bench), parameters=parameters, quick={})
    return job, staging.write_stage(job)


def _repaired(note: Message) -> Issue:
    rows = note.params["n"]
    assert isinstance(rows, Count)
    return Issue("repaired", "info", "", int(rows.value), (), (), note)


def _read_words(job: Job, reading: typed.Reading) -> dict[str, dict[str, int]]:
    """Fill in what the words of category columns mean; the words of strict columns that nobody has explained."""
    unknown: dict[str, dict[str, int]] = {}
    for name in job.staged():
        vocabulary = job.source.vocabulary(name) if job.column(name).type == "category" else {}
        if not vocabulary:
            continue
        answers = {normalise_header(word): value for word, value in job.mapping.values.get(name, {}).items()}
        found = reading.words.setdefault(name, {})
        for word, rows in staging.words_of(job, name).items():
            plain = normalise_header(word)
            value = answers.get(plain, vocabulary.get(plain))
            if value is not None:
                found[word] = value
            elif f"{job.table.name}.{name}" in strict_columns():
                unknown.setdefault(name, {})[word] = rows
    return unknown


def _stopped(job: Job, dropped: MappingType[str, int], unknown: dict[str, dict[str, int]], currency: str) -> Conversion:
    issues = []
    for name, words in unknown.items():
        listed = ", ".join(list(words)[:_NAMED_WORDS])
        label = job.table[name].label
        issues.append(
            checks.issue("unknown_value", sum(words.values()), label, name, words=listed, examples=list(words)[:3])
        )
    return Conversion(job.table.name, None, job.grid.rows, 0, dropped, tuple(issues), None, currency, unknown)


def _finish(job: Job, reading: typed.Reading, dropped: dict[str, int], out: Path, folder: Path) -> Conversion:
    """Typed rows, the checks over them, the final file."""
    rows = _typed_rows(job, reading, folder)
    marks = set(typed.marks(job))
    keep, invalid, left_out, wild = _required(job, rows, marks)
    issues = [checks.issue(kind, count) for kind, count in dropped.items() if count]
    issues += invalid
    found, repeats = checks.run_row_checks(job, checks.row_checks(job, marks), rows, keep)
    issues += found
    issues += checks.twins(job)
    issues += _equal_lines(job, rows, keep)
    issues += _two_states(job, rows, keep)
    if left_out:
        dropped["invalid"] = left_out
    if wild:
        dropped["unreasonable"] = wild
    written, repeated, different = _write(job, rows, keep, out, repeats=repeats)
    if repeated:
        dropped["duplicate"] = repeated
    issues += [checks.issue("duplicate", repeated - different)] if repeated > different else []
    issues += [checks.issue("same_key", different, key=_key_words(job))] if different else []
    if not written:
        raise _nothing_left(job.grid, dropped, issues)
    days = _days(job, out)
    span = (min(days), max(days)) if days else None
    issues += checks.missing_days(job, DateRange(*span) if span else None, len(days))
    issues += checks.far_days(job, days)
    empty, totals = checks.measured(job, out)
    issues += empty
    if span is None and job.table.date and job.table[job.table.date].name in job.source.optional:
        issues.append(checks.issue("no_day", written, name=job.table.date))
    ledger = net_refunds([out], job.engine).summary if job.table.name == "order_lines" else {}
    return Conversion(
        table=job.table.name,
        path=out,
        rows_read=job.grid.rows,
        rows_kept=written,
        dropped=dropped,
        issues=checks.worst_first(issues),
        span=span,
        currency=reading.currency,
        ledger=ledger,
        bad_rows=_bad_rows(job, rows, marks, issues, out),
        totals=totals,
    )


def _typed_rows(job: Job, reading: typed.Reading, folder: Path) -> str:
    """The typed rows as a relation; written to a file when other rows must be known to make one."""
    sql = typed.typed_sql(job, reading)
    if " OVER " not in sql:
        return f"({sql})"
    path = folder.resolve() / "typed.parquet"
    job.engine.copy(sql, path, used(sql, job.parameters), lasting=False)
    job.parameters["typed"] = str(path)
    return "read_parquet($typed)"


def _required(job: Job, rows: str, marks: set[str]) -> tuple[str, list[Issue], int, int]:
    """Which rows can be used.

    Returns:
        The condition of rows that have all they must and no number beyond reason, an issue for each column that some
        rows lack or overstate, and how many rows lack something, and how many of the others overstate it.

    Raises:
        DataError: keys whose digits are lost.
    """
    optional = job.source.optional
    names = [name for name in job.table.required if name not in optional or name in job.mapping.columns]
    bad = {name: f"_bad_{name}" for name in names if f"_bad_{name}" in marks}
    lost = {name: f"_lost_{name}" for name in job.table.key if f"_lost_{name}" in marks}
    parts = ["count(*) AS _all"]
    for name in names:
        parts.append(f"count(*) FILTER ({quoted(name)} IS NULL) AS {quoted(name)}")
        parts.append(f"min(_row, 5) FILTER ({quoted(name)} IS NULL) AS {quoted('_' + name)}")
    parts += [f"min({quoted(mark)}, 3) AS {quoted(mark)}" for mark in bad.values()]
    for mark in lost.values():
        parts += [f"count({quoted(mark)}) AS {quoted(mark)}", f"min({quoted(mark)}) AS {quoted(mark + '_like')}"]
        parts.append(f"min(_row, 5) FILTER ({quoted(mark)} IS NOT NULL) AS {quoted(mark + '_rows')}")
    wild = sorted(mark for mark in marks if mark.startswith("_wild_"))
    for mark in wild:
        parts += [f"count({quoted(mark)}) AS {quoted(mark)}", f"min({quoted(mark)}, 3) AS {quoted(mark + '_like')}"]
        parts.append(f"min(_row, 5) FILTER ({quoted(mark)} IS NOT NULL) AS {quoted(mark + '_rows')}")
    (found,) = job.run(f"SELECT {', '.join(parts)} FROM {rows}")  # noqa: S608
    for name, mark in lost.items():
        if found[mark]:
            raise _lost_keys(job, name, found[mark], found[f"{mark}_like"], found[f"{mark}_rows"])
    # What a report may lack is needed where it stands in other rows: a sum without a day is no day without a name.
    names = [name for name in names if name not in optional or found[name] < found["_all"]]
    complete = " AND ".join(f"{quoted(name)} IS NOT NULL" for name in names)
    issues = [
        checks.issue(
            "no_usable_day" if job.table[name].type in MOMENTS else "required_empty",
            found[name],
            job.table[name].label,
            name,
            tuple(found["_" + name]),
            examples=found[bad[name]] or () if name in bad else (),
        )
        for name in names
        if found[name]
    ]
    wild = [mark for mark in wild if found[mark]]
    issues += [_unreasonable(job, mark, found) for mark in wild]
    if not issues:
        return complete, issues, 0, 0
    sane = " AND ".join(f"{quoted(mark)} IS NULL" for mark in wild) or "true"
    (left,) = job.run(
        f"SELECT count(*) FILTER (NOT ({complete})) AS n, count(*) FILTER ({complete} AND NOT ({sane})) AS wild "  # noqa: S608
        f"FROM {rows}"
    )
    return f"{complete} AND {sane}", issues, int(left["n"]), int(left["wild"])


def _unreasonable(job: Job, mark: str, found: MappingType[str, Any]) -> Issue:
    name = mark.removeprefix("_wild_")
    rows, examples = tuple(found[f"{mark}_rows"]), found[f"{mark}_like"]
    return checks.issue("unreasonable", found[mark], job.table[name].label, name, rows, examples=examples)


_KEPT_DIGITS = 15
_CHANCE = 6  # zeros in place of last digits that no numbers have by chance: one in a million files


def _refuse_rounded(job: Job) -> None:
    """Stop at order numbers that a spreadsheet has cut to 15 digits and filled up with zeros.

    Raises:
        DataError: every number of a key that is longer ends so.
    """
    for name in job.table.key:
        at = job.mapping.columns.get(name)
        if at is None or job.table[name].type != "id":
            continue
        samples = [cell for cell in job.grid.samples[at] if len(cell) > _KEPT_DIGITS and cell.isdigit()]
        if not samples or any(cell[_KEPT_DIGITS:].strip("0") for cell in samples):
            continue  # the first numbers of the file have their digits
        (found,) = job.run(
            f"SELECT count(*) AS n, min(id) AS example, sum(length(id) - {_KEPT_DIGITS}) AS zeros, "  # noqa: S608
            f"bool_and(regexp_matches(id, '^\\d{{{_KEPT_DIGITS}}}0+$')) AS cut "
            f"FROM (SELECT DISTINCT {quoted(name)} AS id "
            f"FROM {staging.STAGE} WHERE _drop = '' AND regexp_matches({quoted(name)}, '^\\d{{{_KEPT_DIGITS + 1},}}$'))"
        )
        if found["cut"] and found["zeros"] >= _CHANCE:
            raise _lost_keys(job, name, found["n"], found["example"], [])


def _lost_keys(job: Job, name: str, count: int, example: str, rows: list[int]) -> DataError:
    """Order numbers in powers of ten would melt different orders into one."""
    return DataError(
        Message(
            "{n} values of {column} read like {example}: a spreadsheet has cut their digits, and they are gone "
            "from the file.",
            n=Count(count),
            column=job.table[name].label,
            example=example,
        ),
        Message("Export the file again and load it without saving it from a spreadsheet first."),
        {"file": job.grid.name} | ({"rows": ", ".join(str(row) for row in rows)} if rows else {}),
    )


def _equal_lines(job: Job, rows: str, keep: str) -> list[Issue]:
    """Lines that equal another one in all but the number made for them."""
    if job.table.name != "order_lines" or "line_id" in job.mapping.columns:
        return []
    names = ", ".join(quoted(name) for name in job.table.names if name != "line_id")
    (found,) = job.run(f"SELECT count(*) - count(DISTINCT hash({names})) AS n FROM {rows} WHERE {keep}")  # noqa: S608
    return [checks.issue("equal_lines", found["n"])] if found["n"] else []


def _two_states(job: Job, rows: str, keep: str) -> list[Issue]:
    """Products of an order that stand there in two states, as when two exports were pasted into one file."""
    columns = job.mapping.columns
    if job.table.name != "order_lines" or "line_id" in columns or "status" not in columns:
        return []
    (found,) = job.run(
        f"SELECT count(*) AS n, min(row, 5) AS rows FROM (SELECT max(_row) AS row FROM {rows} WHERE {keep} "  # noqa: S608
        f"GROUP BY platform, shop, order_id, {typed.ITEM} HAVING count(DISTINCT status) > 1)"
    )
    return [checks.issue("two_states", found["n"], name="status", rows=tuple(found["rows"]))] if found["n"] else []


def _key_words(job: Job) -> str:
    """The parts of the key that the file fills, as headers of the file."""
    columns = job.mapping.columns
    return ", ".join(job.grid.columns[columns[name]] for name in job.table.key if name in columns)


def _write(job: Job, rows: str, keep: str, out: Path, *, repeats: bool) -> tuple[int, int, int]:
    """Write the final file; `repeats` when keys may stand there twice.

    Returns:
        Rows written, rows left out because a later row has the same key, and how many of those say something else.
    """
    names = ", ".join(quoted(name) for name in job.table.names)
    sql = f"SELECT {names} FROM {rows} WHERE {keep}"  # noqa: S608
    if not repeats:
        return job.engine.copy(sql, out, used(sql, job.parameters), row_group_size=_ROW_GROUP), 0, 0
    # Two 64-bit hashes: a chance collision of 20 million keys has odds of 1 in 10^24.
    key = checks.key_sql(job)
    hashed = f"hash({key}) AS h1, hash('second', {key}) AS h2"
    again = (
        f"SELECT h1, h2, max(_row) AS keep_row, count(*) AS n, count(DISTINCT h3) AS kinds "  # noqa: S608
        f"FROM (SELECT _row, {hashed}, hash({names}) AS h3 FROM {rows} WHERE {keep}) "
        "GROUP BY h1, h2 HAVING count(*) > 1"
    )
    (found,) = job.run(f"SELECT coalesce(sum(n - 1), 0) AS n, coalesce(sum(kinds - 1), 0) AS other FROM ({again})")  # noqa: S608
    sql = (
        f"SELECT {names} FROM (SELECT *, {hashed} FROM {rows} WHERE {keep}) LEFT JOIN ({again}) USING (h1, h2) "  # noqa: S608
        "WHERE keep_row IS NULL OR keep_row = _row"
    )
    rows_written = job.engine.copy(sql, out, used(sql, job.parameters), row_group_size=_ROW_GROUP)
    return rows_written, int(found["n"]), int(found["other"])


def _days(job: Job, out: Path) -> dict[dt.date, int]:
    """The days of the file, first to last, and how many rows each has."""
    if not job.table.date:
        return {}
    day = quoted(job.table.date)
    job.parameters["out"] = str(out.resolve())
    found = job.run(
        f"SELECT CAST({day} AS DATE) AS day, count(*) AS n FROM read_parquet($out) "  # noqa: S608
        f"WHERE {day} IS NOT NULL GROUP BY ALL ORDER BY day"
    )
    return {row["day"]: row["n"] for row in found}


def _bad_rows(job: Job, rows: str, marks: set[str], issues: list[Issue], out: Path) -> Path | None:
    """The cells that could not be read, as a CSV beside the data: row, column, problem, value."""
    listed: list[dict[str, Any]] = []
    told = {issue.column for issue in issues}
    for mark in sorted(marks):
        _, kind, name = mark.split("_", 2)
        if name not in told:
            continue
        found = job.run(
            f"SELECT _row AS row, {quoted(mark)} AS value FROM {rows} WHERE {quoted(mark)} IS NOT NULL "  # noqa: S608
            f"ORDER BY _row LIMIT {_BAD_ROWS}"
        )
        problem = {"bad": "unreadable", "wild": "beyond reason", "lost": "digits lost"}[kind]
        listed += [{"row": row["row"], "column": name, "problem": problem, "value": row["value"]} for row in found]
    if not listed:
        return None
    path = out.with_name(out.name + ".bad.csv")
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.DictWriter(file, ["row", "column", "problem", "value"])
        writer.writeheader()
        writer.writerows(sorted(listed, key=lambda bad: (bad["row"], bad["column"]))[:_BAD_ROWS])
    return path


def _nothing_left(grid: Grid, dropped: MappingType[str, int], issues: Iterable[Issue] = ()) -> FileError:
    left = sum(dropped.values())
    why = next((one for one in issues if one.severity == "error" and one.examples), None)
    if why is not None:
        return FileError(
            Message(
                "No row of the file can be used. {why} For example: {examples}.",
                why=why.message,
                examples=", ".join(why.examples),
            ),
            Message(
                "Check that the right column is mapped. Where a spreadsheet shows such cells (####, 00:00.0), give the "
                "column its whole date or number there and save the file again."
            ),
            {"file": grid.name},
        )
    return FileError(
        Message("No row of the file can be used; {n} rows were left out.", n=Count(left)),
        Message("Check that the right report was chosen and that its columns are mapped as they should be."),
        {"file": grid.name},
    )
