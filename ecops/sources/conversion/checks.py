"""The validation report: what in a sheet deserves a look before anybody decides anything by it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ecops.messages import Count, DateRange, Message, Term
from ecops.sources.conversion.report import Issue, Severity
from ecops.sources.conversion.staging import NUMERIC, Job, quoted
from ecops.sources.text import normalise_header

_FIRST = 5
_DAILY = ("order_lines", "orders", "traffic_daily", "ad_spend_daily")
_FAR = 366
_FEW = 0.1
_FUNNEL = {
    "traffic_daily": (
        ("impressions", "clicks"),
        ("visitors", "cart_users"),
        ("visitors", "order_buyers"),
        ("visitors", "pay_buyers"),
        ("order_buyers", "pay_buyers"),
    ),
    "ad_spend_daily": (("impressions", "clicks"),),
    "experiment_totals": (("users", "conversions"), ("impressions", "clicks")),
}
_MAY_BE_NEGATIVE: Mapping[str, tuple[str, ...]] = {
    "order_lines": ("quantity", "paid_amount", "discount"),
    "orders": ("paid_amount", "discount"),
}
_MORE_THAN_PAID = "refund_amount > greatest(paid_amount, 0) + coalesce(freight, 0)"
_ORDER = {"error": 0, "warning": 1, "info": 2}
_SENTENCES: Mapping[str, tuple[Severity, str]] = {
    "unreadable": ("warning", "{n} cells of {column} could not be read and stay empty."),
    "digits_lost": (
        "warning",
        "{n} numbers of {column} were turned into powers of ten by a spreadsheet; digits are gone.",
    ),
    "unreasonable": ("error", "{n} rows have values of {column} beyond all reason and were left out."),
    "required_empty": ("error", "{n} rows have no usable {column} and were left out."),
    "no_usable_day": (
        "error",
        "{n} rows have no usable {column} (empty, no date, before 2000 or after next year) and were left out.",
    ),
    "negative": ("warning", "{n} rows have {column} below zero."),
    "returns": ("info", "{n} rows take goods or money back (below zero); they count as refunds."),
    "paid_before_ordered": ("warning", "{n} orders were paid before they were placed."),
    "refund_over_paid": ("warning", "{n} orders gave back more than was paid."),
    "paid_without_time": ("info", "{n} paid rows have no payment time; the order time is taken."),
    "rate_over_one": ("warning", "{n} rows have a {column} above 100 %."),
    "funnel_grows": ("warning", "{n} rows have more {column} than {before}."),
    "duplicate": ("info", "{n} rows repeat another row of the file; the last one is kept."),
    "same_key": ("error", "{n} rows have the same {key} as a later row and other figures; only the last one is kept."),
    "windows": (
        "info",
        "{n} rows tell a spend again for a shorter attribution window; it counts once, by the longest.",
    ),
    "equal_lines": (
        "info",
        "{n} lines equal another line of their order; without line numbers they count as separate lines.",
    ),
    "two_states": (
        "warning",
        "{n} products of orders stand there in two states; if exports were pasted together, their amounts count twice.",
    ),
    "empty_amount": ("warning", "{column} is empty in every row; check that the right column is mapped."),
    "far_days": ("warning", "{n} rows lie more than a year from all others ({days}); check their dates."),
    "missing_days": ("info", "{n} days of {span} have no row."),
    "footer": ("info", "{n} rows with sums or notes were left out."),
    "subtotal": ("info", "{n} rows sum up others and were left out."),
    "header": ("info", "{n} repeated header rows were left out."),
    "empty": ("info", "{n} empty rows were left out."),
    "filtered": ("info", "{n} rows are fees, transfers or other entries and no sales; they were left out."),
    "twins": (
        "warning",
        "Several columns of the file are called {column} and differ in {n} rows; check that the right one was taken.",
    ),
    "detail": ("info", "{n} rows are parts of a sum that stands beside them; only the sums are counted."),
    "no_day": ("warning", "The file has no date: it can be used where no period is chosen, and nowhere else."),
    "closed_after_payment": ("info", "{n} orders were closed after payment; they count as refunded in full."),
    "unknown_value": ("error", "{column} has {n} rows with words that nobody has explained yet: {words}."),
}


@dataclass(frozen=True, slots=True)
class Check:
    """One condition over typed rows: what kind of issue, in which column, and the SQL that is true for bad rows.

    `example` and `before` are further columns for its sentence; with `distinct` its different values are counted.
    """

    kind: str
    column: str
    condition: str
    example: str = ""
    before: str = ""
    distinct: str = ""


def issue(
    kind: str, count: int, column: Term | str | None = None, name: str = "", rows: tuple[int, ...] = (), **more: object
) -> Issue:
    """An issue with its sentence.

    Args:
        kind: a key of the sentences above.
        count: rows.
        column: the label of the column.
        name: the canonical name of the column.
        rows: the first row numbers.
        more: `examples` (texts), and further fields of the sentence.
    """
    severity, sentence = _SENTENCES[kind]
    examples = more.pop("examples", ())
    fields = {"n": Count(count), "column": column, **more}
    used = {key: value for key, value in fields.items() if "{" + key + "}" in sentence}
    texts = tuple(str(example)[:80] for example in examples) if isinstance(examples, list | tuple) else ()
    return Issue(kind, severity, name, count, rows, texts, Message(sentence, **used))


def row_checks(job: Job, marks: set[str]) -> list[Check]:
    """The checks of one table, for the columns that the file has; `marks` as in `typed.marks`."""
    have = {*job.mapping.columns, *(name.removeprefix("order_") for name in job.spread())}
    checks = []
    for mark in sorted(marks):
        if mark.startswith("_wild_"):
            continue  # its rows are left out
        name = mark.removeprefix("_bad_").removeprefix("_lost_")
        kind = "unreadable" if mark.startswith("_bad_") else "digits_lost"
        checks.append(Check(kind, name, f"{quoted(mark)} IS NOT NULL", quoted(mark)))
    signed = _MAY_BE_NEGATIVE.get(job.table.name, ())
    for column in job.table.columns:
        free = column.name in signed or column.unit == "figure"
        if column.name in have and column.type in NUMERIC and not free:
            checks.append(Check("negative", column.name, f"{quoted(column.name)} < 0"))
        if column.name in have and column.type == "rate":
            checks.append(Check("rate_over_one", column.name, f"{quoted(column.name)} > 1"))
    for before, after in _FUNNEL.get(job.table.name, ()):
        if {before, after} <= have:
            condition = f"{quoted(after)} > {quoted(before)}"
            checks.append(Check("funnel_grows", after, condition, before=before))
    if job.source.sums:
        checks.append(Check("detail", "level", "level = 'detail'"))
    if job.table.name in ("order_lines", "orders"):
        checks += _order_checks(job)
    return checks


def _order_checks(job: Job) -> list[Check]:
    checks = [Check("returns", "paid_amount", "paid_amount < 0 OR quantity < 0")]
    if "paid_at" in job.mapping.columns:
        checks.append(Check("paid_before_ordered", "paid_at", "paid_at < ordered_at"))
        if "status" in job.mapping.columns:
            condition = "_no_time AND paid_at IS NOT NULL"
            checks.append(Check("paid_without_time", "paid_at", condition))
    if "status" in job.mapping.columns:
        condition = "status IN ('closed', 'refunded') AND paid_at IS NOT NULL AND refund_amount = paid_amount"
        checks.append(Check("closed_after_payment", "status", condition, distinct="order_id"))
    return checks


def key_sql(job: Job) -> str:
    """The key of a row as texts, for SQL."""
    return ", ".join(f"coalesce(CAST({quoted(name)} AS VARCHAR), '')" for name in job.table.key)


def run_row_checks(job: Job, checks: list[Check], relation: str, keep: str) -> tuple[list[Issue], bool]:
    """Look once at the typed rows of `relation` that fulfil `keep`.

    Returns:
        The issues of `checks` and of refunds, and whether keys may stand there twice (those with other hashes differ).
    """
    parts = [f"count(*) - count(DISTINCT hash({key_sql(job)})) AS repeats"]
    if _gives_back(job):
        parts.append(f"bool_or({_MORE_THAN_PAID}) AS more")
    for number, check in enumerate(checks):
        test = f"FILTER ({check.condition})"
        different = f"count(DISTINCT CASE WHEN {check.condition} THEN {check.distinct} END)"
        parts.append(f"{different if check.distinct else f'count(*) {test}'} AS n{number}")
        parts.append(f"min(_row, {_FIRST}) {test} AS r{number}")
        if check.example:
            parts.append(f"min({check.example}, 3) AS e{number}")
    (found,) = job.run(f"SELECT {', '.join(parts)} FROM {relation} WHERE {keep}")  # noqa: S608 - canonical names only
    issues = []
    for number, check in enumerate(checks):
        if found[f"n{number}"]:
            label = job.table[check.column].label
            before = job.table[check.before].label if check.before else ""
            rows = tuple(found[f"r{number}"])
            examples = found.get(f"e{number}") or []
            issues.append(
                issue(check.kind, found[f"n{number}"], label, check.column, rows, examples=examples, before=before)
            )
    if found.get("more"):  # where no row gave back more than was paid, no order did
        issues += _refund_issue(job, relation, keep)
    return issues, found["repeats"] > 0


def _gives_back(job: Job) -> bool:
    return job.table.name in ("order_lines", "orders") and "refund_amount" in job.table.names


def _refund_issue(job: Job, relation: str, keep: str) -> list[Issue]:
    """Orders that gave back more than was paid, freight included; by order, as some refunds stand on one line."""
    (found,) = job.run(
        f"SELECT count(*) AS n, min(row, {_FIRST}) AS rows FROM (SELECT min(_row) AS row FROM {relation} WHERE {keep} "  # noqa: S608
        "GROUP BY order_id "
        "HAVING sum(refund_amount) > sum(greatest(paid_amount, 0)) + sum(coalesce(freight, 0)) + 0.01)"
    )
    if not found["n"]:
        return []
    return [issue("refund_over_paid", found["n"], name="refund_amount", rows=tuple(found["rows"]))]


def twins(job: Job) -> list[Issue]:
    """Columns that are read and share their header with others whose cells are not the same in every row."""
    headers = [normalise_header(header) for header in job.grid.columns]
    pairs = {
        name: [
            f"c{at} IS DISTINCT FROM c{place}"
            for place, header in enumerate(headers)
            if place != at and header and header == headers[at]
        ]
        for name, at in job.mapping.columns.items()
    }
    asked = {name: " OR ".join(tests) for name, tests in pairs.items() if tests}
    if not asked:
        return []
    parts = ", ".join(f"count(*) FILTER ({test}) AS {quoted(name)}" for name, test in asked.items())
    (found,) = job.run(f"SELECT {parts} FROM {job.grid.scan_sql()}")  # noqa: S608 - positions and canonical names only
    return [
        issue("twins", found[name], job.grid.columns[job.mapping.columns[name]], name) for name in asked if found[name]
    ]


def missing_days(job: Job, span: DateRange | None, days: int) -> list[Issue]:
    """Days without any row inside the span, for tables that have rows every day."""
    if span is None or job.table.name not in _DAILY:
        return []
    missing = (span.end - span.start).days + 1 - days
    return [issue("missing_days", missing, name=job.table.date, span=span)] if missing > 0 else []


def far_days(job: Job, days: Mapping[dt.date, int]) -> list[Issue]:
    """A few rows a year and more away from the others: one wrong year moves the last day, and with it every period.

    Args:
        job: the conversion.
        days: rows by day, first day first.
    """
    if job.table.name not in (*_DAILY, "events") or not days:
        return []
    groups: list[list[dt.date]] = []
    for day in days:
        if not groups or (day - groups[-1][-1]).days > _FAR:
            groups.append([])
        groups[-1].append(day)
    main = max(groups, key=lambda group: sum(days[day] for day in group))
    far = [day for group in groups if group is not main for day in group]
    rows = sum(days[day] for day in far)
    if not far or rows > _FEW * sum(days.values()):
        return []
    named = [day.isoformat() for day in far[:_FIRST]]
    return [issue("far_days", rows, name=job.table.date, examples=named, days=", ".join(named))]


def measured(job: Job, out: Path) -> tuple[list[Issue], dict[str, float]]:
    """What the written rows measure, in one look.

    Returns:
        An issue for each column of sales, and each measure, that the file has and no row fills (the load would look
        well and show no money), and the sums of all measures by column.
    """
    have = {*job.mapping.columns, *(name.removeprefix("order_") for name in job.spread()), *job.source.derive}
    measures = {name for group in job.table.measures for name in group} | {"paid_amount", "pay_amount", "refund_amount"}
    names = [
        column.name
        for column in job.table.columns
        if column.name in measures & have and (column.type in NUMERIC and column.type != "rate")
    ]
    if not names:
        return [], {}
    job.parameters["out"] = str(out.resolve())
    parts = [
        f"count({quoted(name)}) AS {quoted('n_' + name)}, sum({quoted(name)}) FILTER (_again = 0) AS {quoted(name)}"
        for name in names
    ]
    (found,) = job.run(f"SELECT {', '.join(parts)}, count(*) AS _all, sum(_again) AS _again FROM {_each_once(job)}")  # noqa: S608 - canonical names only
    issues = [issue("windows", found["_again"])] if found["_again"] else []
    filled = {name for name in names if found[f"n_{name}"]}
    needed = [group for group in job.table.measures if not set(group) & filled]
    empty = {name for group in needed for name in group} | {"paid_amount", "pay_amount"} - filled
    issues += [
        issue("empty_amount", found["_all"], job.table[name].label, name)
        for name in names
        if name in empty and name in job.mapping.columns
    ]
    return issues, {name: round(float(found[name]), 6) for name in names if found[name] is not None}


def _each_once(job: Job) -> str:
    """The written rows, with `_again` = 1 on those that tell a spend once more, for a shorter window of its sales."""
    if "window_days" not in job.mapping.columns:
        return "(SELECT *, 0 AS _again FROM read_parquet($out))"
    thing = ", ".join(quoted(name) for name in job.table.key if name != "window_days")
    place = f"row_number() OVER (PARTITION BY {thing} ORDER BY window_days DESC NULLS LAST)"
    return f"(SELECT *, CASE WHEN {place} > 1 THEN 1 ELSE 0 END AS _again FROM read_parquet($out))"  # noqa: S608 - canonical names only


def worst_first(issues: list[Issue]) -> tuple[Issue, ...]:
    """Errors, then warnings, then what is only told; the most rows first."""
    return tuple(sorted(issues, key=lambda found: (_ORDER[found.severity], -found.count, found.kind, found.column)))
