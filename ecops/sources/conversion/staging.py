"""First pass over a sheet: the mapped columns in a Parquet file, and what can be learnt from them.

Numbers and times that are plainly written are read at once, as `_q_<name>`; all other cells are kept as cleaned text.
Footers, repeated headers and rows that a report does not count are marked here. Words of category columns, shapes of
dates and signs of currencies are counted, so that the second pass (`typed.py`) knows how every column is written.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable
from collections.abc import Mapping as MappingType
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast, get_args

from ecops.engine.duck import Engine
from ecops.errors import DataError, MappingError
from ecops.messages import Message
from ecops.sources.conversion import cells, dates
from ecops.sources.files.grid import Grid
from ecops.sources.recognition.mapping import Mapping
from ecops.sources.registry import Source, city_tiers, footer_words, sum_words
from ecops.sources.text import normalise_header
from ecops.tables import Column, Table

NUMERIC = ("integer", "number", "money", "rate")
MOMENTS = ("date", "timestamp")
_WORDS = 2_000
_PLACE = re.compile("[a-z]{2}-[a-z0-9]{1,3}")
_CURRENCIES = {"¥": "", "￥": "", "元": "CNY", "rmb": "CNY", "$": "", "us$": "USD", "€": "EUR", "£": "GBP"}
_CURRENCIES |= {code.lower(): code for code in ("CNY", "USD", "EUR", "GBP", "JPY", "HKD", "TWD")}
_SYMBOL = r"(us\$|hk\$|nt\$|rmb|cny|usd|eur|gbp|jpy|hkd|twd|[¥￥$€£元])"


@dataclass(frozen=True, slots=True)
class Job:
    """One conversion under way.

    Attributes:
        grid, mapping, source, table: what is read, and as what.
        engine: who reads it.
        stage: Parquet file of cleaned text, written by `stage`.
        timezone: the shop's, an IANA name.
        parameters: values that the SQL needs bound.
        quick: staged name -> rows whose cell is not plainly written, for the columns that have a `_q_<name>`.
    """

    grid: Grid
    mapping: Mapping
    source: Source
    table: Table
    engine: Engine
    stage: Path
    timezone: str
    parameters: dict[str, Any] = field(default_factory=dict)
    quick: dict[str, int] = field(default_factory=dict)

    @property
    def first_row(self) -> int:
        """Row number, as people count, of the first data row."""
        return self.grid.header_line + 2

    def column(self, name: str) -> Column:
        """The canonical column behind the name of a staged one; order amounts are staged as `order_<name>`."""
        return self.table[name.removeprefix("order_") if name in self.spread_names() else name]

    def spread(self) -> dict[str, int]:
        """Staged name -> position of the order amounts that are spread over lines."""
        headers = [normalise_header(header) for header in self.grid.columns]
        found = {}
        for name, candidates in self.source.spread.items():
            wanted = [normalise_header(header) for header in candidates]
            position = next((headers.index(header) for header in wanted if header in headers), None)
            if position is not None and name not in self.mapping.columns:
                found[f"order_{name}"] = position
        return found

    def spread_names(self) -> set[str]:
        """The staged names of order amounts."""
        return {f"order_{name}" for name in self.source.spread}

    def staged(self) -> dict[str, int]:
        """Staged name -> position of every column that is read."""
        return {**self.mapping.columns, **self.spread()}

    def run(self, sql: str) -> list[dict[str, Any]]:
        """The rows of a query over the stage."""
        return self.engine.rows(sql, used(sql, self.parameters), timeout=None)


def used(sql: str, parameters: MappingType[str, Any]) -> dict[str, Any]:
    """The parameters that a statement names; DuckDB refuses others."""
    names = set(re.findall(r"\$(\w+)", sql))
    return {name: value for name, value in parameters.items() if name in names}


def quoted(name: str) -> str:
    """A canonical name as an SQL identifier."""
    return f'"{name}"'


def write_stage(job: Job) -> dict[str, int]:
    """Write the stage and say how many rows of each kind of `_drop` it holds ("" for rows to keep)."""
    parameters = job.parameters
    parameters |= {**cells.PARAMETERS, **job.grid.scan_parameters(), "stage": str(job.stage)}
    parameters |= {"footers": _tight(*footer_words(), *map(normalise_header, job.source.footers))}
    parameters |= {"sums": list(sum_words())}
    for name, words in job.source.missing.items():
        parameters[f"missing_{name}"] = list(words)
    for number, words in enumerate(job.source.keep.values()):
        parameters[f"keep_{number}"] = [normalise_header(word) for word in words]
    for number, words in enumerate(job.source.leave.values()):
        parameters[f"leave_{number}"] = [normalise_header(word) for word in words]
    _refuse_thousands(job)
    job.quick.update(dict.fromkeys(_quick_names(job), 0))
    dropped = _write_stage(job)
    if dropped.get("subtotal") and not dropped.get(""):  # nothing but sums: they count
        parameters["sums"] = [""]
        dropped = _write_stage(job)
    commas = [name for name, mark in decimal_marks(job).items() if mark == "," and name in job.quick]
    if commas:  # "1.234" was taken for a number just over one
        for name in commas:
            del job.quick[name]
        dropped = _write_stage(job)
    return dropped


_THOUSANDS = r"[-(]?[1-9]\d{0,2}(\.\d{3})+\)?"
"""A number that says either thousands, as much of the world writes them, or three decimals."""
_DOUBTS = 2  # numbers like that, and no other with a point, before anybody is asked


def _refuse_thousands(job: Job) -> None:
    """Stop at amounts like 1.234 and 56.780, which may be thousands or decimals, where no cell says which.

    Raises:
        MappingError: asks for the decimal mark.
    """
    if (job.mapping.options.get("decimal") or job.source.decimal) in (".", ","):
        return
    places = [at for name, at in job.staged().items() if job.column(name).type == "money"]
    for at in places:
        pointed = [cell for cell in job.grid.samples[at] if "." in cell]
        if not pointed or not all(re.fullmatch(_THOUSANDS, cell) for cell in pointed):
            continue  # the first amounts of the file tell
        cell = f"trim(c{at})"
        (found,) = job.run(
            f"SELECT count(*) AS n, min({cell}) AS example, bool_and(regexp_full_match({cell}, '{_THOUSANDS}')) AS all "  # noqa: S608
            f"FROM {job.grid.scan_sql()} WHERE contains(c{at}, '.')"
        )
        if found["all"] and found["n"] >= _DOUBTS:
            raise MappingError(
                Message(
                    "{example} may be thousands or decimals, and nothing in the file says which.",
                    example=found["example"],
                ),
                Message("Say what the point in its amounts means."),
                {"file": job.grid.name, "column": job.grid.columns[at]},
                asks="decimal",
            )


def _quick_names(job: Job) -> list[str]:
    """The columns of numbers and times in which no report of this kind gives plain cells another meaning."""
    comma = (job.mapping.options.get("decimal") or job.source.decimal) == ","
    kinds = MOMENTS if comma else (*MOMENTS, *NUMERIC)
    special = {*job.source.missing, *job.source.fill}
    return [name for name in job.staged() if job.column(name).type in kinds and name not in special]


def _write_stage(job: Job) -> dict[str, int]:
    staged, keep = job.staged(), _keep_positions(job)
    quick = _more(f"{_quick(job, name)} AS {_q(name)}" for name in job.quick)
    read = {f"r_{name}": f"CASE WHEN {_q(name)} IS NULL THEN c{staged[name]} END" for name in job.quick}
    countries = _country_positions(job)
    helpers = sorted({*keep.values(), *countries.values(), 0})
    for position in sorted({*(at for name, at in staged.items() if name not in job.quick), *helpers}):
        read[f"c{position}"] = f"c{position}"
    texts = {name: _present(job, name, f"r_{name}" if name in job.quick else f"c{at}") for name, at in staged.items()}
    placed = [_placed(job, name, countries) for name in staged]
    known = _more(_q(name) for name in job.quick)
    positions = ", ".join(f"c{position}" for position in sorted({*staged.values(), *helpers}))
    sql = f"""
        SELECT {", ".join(placed)}{known}, {_drop_rule(job, keep)} AS _drop
        FROM (SELECT {_named(texts)}{known}, {_named({f"_c{at}": f"c{at}" for at in helpers})}
        FROM (SELECT {_named({cell: cells.unwrapped(cell) for cell in read})}{known}
        FROM (SELECT {_named({cell: cells.trimmed(cell) for cell in read})}{known}
        FROM (SELECT {_named(read)}{known}
        FROM (SELECT {positions}{quick} FROM {job.grid.scan_sql()})))))
    """  # noqa: S608 - positions, canonical names and our own expressions only
    job.engine.copy(sql, job.stage, used(sql, job.parameters), lasting=False)
    left = _more(f"count({quoted(name)}) AS {quoted(name)}" for name in job.quick)
    counts = job.run(f"SELECT _drop, count(*) AS n{left} FROM {STAGE} GROUP BY _drop")  # noqa: S608
    for name in job.quick:
        job.quick[name] = sum(row[name] for row in counts if not row["_drop"])
    return {row["_drop"]: row["n"] for row in counts}


def _q(name: str) -> str:
    return quoted(f"_q_{name}")


def _more(expressions: Iterable[str]) -> str:
    return "".join(f", {expression}" for expression in expressions)


def _named(expressions: MappingType[str, str]) -> str:
    return ", ".join(f"{expression} AS {quoted(name)}" for name, expression in expressions.items())


def _quick(job: Job, name: str) -> str:
    cell, kind = f"c{job.staged()[name]}", job.column(name).type
    if kind in MOMENTS:
        return cells.quick_moment(cell)
    number = cells.quick_number(cell, ".")
    return f"CASE WHEN {number} = round({number}) THEN {number} END" if kind == "integer" else number


STAGE = "read_parquet($stage, file_row_number=true)"
"""The stage as a relation; `file_row_number` counts from 0 in the order of the file."""


def _keep_positions(job: Job) -> dict[str, int]:
    headers = [normalise_header(header) for header in job.grid.columns]
    return {
        header: headers.index(normalise_header(header))
        for header in (*job.source.keep, *job.source.leave)
        if normalise_header(header) in headers
    }


def _country_positions(job: Job) -> dict[str, int]:
    """Staged name -> position of the country beside its codes, where the sheet has one."""
    headers = [normalise_header(header) for header in job.grid.columns]
    found = {}
    for name, candidates in job.source.countries.items():
        at = [headers.index(header) for header in map(normalise_header, candidates) if header in headers]
        if at and name in job.staged():
            found[name] = at[0]
    return found


def _placed(job: Job, name: str, countries: MappingType[str, int]) -> str:
    """A staged column: an address by province, a city by tier, codes that differ by country behind the country."""
    if name == "city_tier":
        for place, cities in enumerate(city_tiers().values()):
            job.parameters[f"tier_{place}"] = rf"(^|[省区市\s-])({'|'.join(cities)})"
        return f"{cells.city_tier(quoted(name), tuple(city_tiers()))} AS {quoted(name)}"
    if name in job.source.addresses:
        return f"{cells.province(quoted(name))} AS {quoted(name)}"
    if name not in countries:
        return quoted(name)
    job.parameters[f"places_{name}"] = [word for word in job.source.vocabulary(name) if _PLACE.fullmatch(word)]
    code = f"lower(_c{countries[name]} || '-' || {quoted(name)})"
    return f"CASE WHEN list_contains($places_{name}, {code}) THEN {code} ELSE {quoted(name)} END AS {quoted(name)}"


def _present(job: Job, name: str, cell: str) -> str:
    value = job.column(name).type in (*NUMERIC, *MOMENTS)
    own = f"missing_{name}" if name in job.source.missing else None
    return cells.present(cell, value, own)


def _empty(job: Job, name: str) -> str:
    """The condition that a staged cell says nothing."""
    return f"{quoted(name)} IS NULL" + (f" AND {_q(name)} IS NULL" if name in job.quick else "")


def _drop_rule(job: Job, keep: MappingType[str, int]) -> str:
    """Why a row is no data: empty, repeated header, footer, not one of the kinds wanted; "" when it is data."""
    blank = " AND ".join(_empty(job, name) for name in job.staged())
    rules = [f"WHEN {blank} AND _c0 IS NULL THEN 'empty'", f"WHEN {_repeated_header(job)} THEN 'header'"]
    rules.append(f"WHEN {_footer(job)} THEN 'footer'")
    rules += [f"WHEN {_sums(name)} THEN 'subtotal'" for name in _summed_columns(job)]
    rules.append(f"WHEN {blank} THEN 'empty'")
    for order, header in enumerate(job.source.keep):
        if header in keep:
            cell = f"lower(_c{keep[header]})"
            rules.append(f"WHEN NOT coalesce(list_contains($keep_{order}, {cell}), false) THEN 'filtered'")
    for order, header in enumerate(job.source.leave):
        if header in keep:
            cell = f"coalesce(lower(_c{keep[header]}), '')"
            rules.append(f"WHEN list_contains($leave_{order}, {cell}) THEN 'filtered'")
    return f"CASE {' '.join(rules)} ELSE '' END"


def _repeated_header(job: Job) -> str:
    """Two cells that say what stands above them, texts where the sheet has them."""
    tests = []
    for number, (name, position) in enumerate(
        sorted(job.mapping.columns.items(), key=lambda item: item[0] in job.quick)[:2]
    ):
        job.parameters[f"header_{number}"] = job.grid.columns[position]
        tests.append(f"coalesce({quoted(name)} = $header_{number}, false)")
    return " AND ".join(tests)


def _footer(job: Job) -> str:
    """A first cell that is a word for sums or notes, in a row that has no day or lacks something required."""
    word = "regexp_replace(lower(regexp_replace(_c0, '[:：(（].*$', '', 's')), '\\s', '', 'g')"
    day = job.table.date if job.table.date in job.mapping.columns else ""
    if day and job.mapping.columns[day] == 0:
        doubt = "true"
    elif day:
        doubt = f"NOT regexp_matches(coalesce({quoted(day)}, ''), '\\d')"
        doubt += f" AND {_q(day)} IS NULL" if day in job.quick else ""
    else:
        required = [name for name in job.table.required if name in job.mapping.columns]
        lacks = [f"({_empty(job, name)})" for name in required if job.mapping.columns[name] != 0]
        doubt = " OR ".join(lacks) or "true"
    initials = "".join(sorted({word[0] for word in job.parameters["footers"]}))
    job.parameters["initials"] = initials + initials.upper()
    named = (
        f"CASE WHEN contains($initials, _c0[1]) AND length(_c0) < 200 AND list_contains($footers, {word}) THEN true "
        f"WHEN _c0[-1] IN ('计', '：', ':') THEN length(_c0) < 12 AND regexp_matches({word}, '(合|总|小|共|累)计$') END"
    )
    return f"coalesce({named}, false) AND ({doubt})"


def _summed_columns(job: Job) -> list[str]:
    """The columns whose rows a sheet may sum up: what its rows are about, in orders their number alone."""
    if job.table.name in ("orders", "order_lines"):
        return [name for name in ("order_id",) if name in job.mapping.columns]
    known = sum_words()
    return [
        name
        for name in dict.fromkeys((*job.table.key, *job.table.dimensions))
        if name in job.mapping.columns
        and job.table[name].type in ("id", "text", "category")
        and name not in job.source.sums
        and not set(known) & set(job.source.vocabulary(name))
    ]


def _sums(name: str) -> str:
    """The condition that a row sums up others: where a product, source or order stands it says "total"."""
    text = quoted(name)
    return f"coalesce(strlen({text}) < 20 AND list_contains($sums, lower(replace({text}, ' ', ''))), false)"


def _tight(*words: str) -> list[str]:
    """Words without the spaces inside that people put there for looks ("合 计")."""
    return ["".join(word.split()) for word in words]


def words_of(job: Job, name: str) -> dict[str, int]:
    """Word -> rows of a category column, most frequent first; at most 2,000 words."""
    rows = job.run(
        f"SELECT {quoted(name)} AS word, count(*) AS n FROM {STAGE} WHERE _drop = '' AND {quoted(name)} IS NOT NULL "  # noqa: S608
        f"GROUP BY ALL ORDER BY n DESC, word LIMIT {_WORDS}"
    )
    return {row["word"]: row["n"] for row in rows}


def date_rule(job: Job, name: str) -> dates.DateRule:
    """How a date column is written, decided from all of its cells that are not plainly written.

    Raises:
        MappingError: 03/04/2026 could be April or March and no cell says which.
    """
    if job.quick.get(name) == 0:
        return dates.DateRule()
    column = quoted(name)
    rows = job.run(
        f"SELECT translate(translate({column}, $wide, $plain), '0123456789', '9999999999') AS shape, count(*) AS n "  # noqa: S608
        f"FROM {STAGE} "
        f"WHERE _drop = '' AND {column} IS NOT NULL GROUP BY ALL ORDER BY n DESC, shape LIMIT 500"
    )
    shapes = [row["shape"] for row in rows if len(row["shape"]) <= 60]
    order = None
    if any(dates.is_numeric_day(shape) for shape in shapes):
        order = _day_order(job, name)
    return dates.decide(shapes, order, months=job.column(name).type == "date")


def _day_order(job: Job, name: str) -> dates.Order:
    known = job.mapping.options.get("date_order") or job.source.date_order
    if known in get_args(dates.Order):
        return cast("dates.Order", known)
    column = f"translate({quoted(name)}, $wide, $plain)"
    pattern = r"'^(\d{1,2})[/-](\d{1,2})[/-](\d{1,4})'"
    parts = [f"TRY_CAST(regexp_extract({column}, {pattern}, {part}) AS INTEGER)" for part in (1, 2, 3)]
    largest = ", ".join(f"coalesce(max({part}), 0) AS p{place}" for place, part in enumerate(parts))
    largest += f", coalesce(min({parts[0]}), 0) AS least"
    (top,) = job.run(
        f"SELECT {largest}, min({quoted(name)}) AS example FROM {STAGE} "  # noqa: S608
        f"WHERE _drop = '' AND regexp_matches({column}, {pattern})"
    )
    orders = dates.possible_orders((top["least"], top["p0"]), top["p1"], top["p2"], dt.date.today().year)
    if len(orders) == 1:
        return orders[0]
    both = "{example} may be day/month or month/day, and nothing in the file says which."
    short = "{example} may begin with its day or with its year, and nothing in the file says which."
    raise MappingError(
        Message(short if "ymd" in orders else both, example=top["example"]),
        Message("Say how this file writes its dates."),
        {"file": job.grid.name, "column": job.grid.columns[job.staged()[name]]},
        asks="date_order",
    )


def decimal_marks(job: Job) -> dict[str, str]:
    """Numeric column -> "," when it can only be read with decimal commas, else "."; one scan."""
    names = [name for name in job.staged() if job.column(name).type in NUMERIC]
    known = job.mapping.options.get("decimal") or job.source.decimal
    if known in (".", ","):
        return dict.fromkeys(names, known)
    marks = dict.fromkeys(names, ".")
    names = [name for name in names if job.quick.get(name) != 0]
    if not names:
        return marks
    comma, point = r"'^[^,]*\d,\d{1,2}\D*$'", r"'(\d\.\d{1,2}\D*$)|(,\d{3}(\D|$))'"
    tests = []
    for name in names:
        text = quoted(name)
        some, only = f"contains({text}, ',')", f"regexp_matches({text}, {comma})"
        tests.append(f"bool_or(CASE WHEN {some} THEN {only} END) AS {quoted('c_' + name)}")
        against = f"CASE WHEN {some} THEN NOT {only} AND regexp_matches({text}, {point}) END"
        tests.append(f"bool_or({against}) AS {quoted('p_' + name)}")
    (found,) = job.run(f"SELECT {', '.join(tests)} FROM {STAGE} WHERE _drop = ''")  # noqa: S608
    return marks | {name: "," for name in names if found[f"c_{name}"] and not found[f"p_{name}"]}


def currency_of(job: Job, asked: str | None) -> str:
    """The one currency of the sheet: from its currency column, its money signs, the report, or the workspace.

    Raises:
        DataError: the sheet mixes currencies, or has another than `asked`.
    """
    found = _column_currencies(job) or _sign_currencies(job)
    if len(found) > 1:
        raise DataError(
            Message("The file mixes currencies: {currencies}.", currencies=", ".join(sorted(found))),
            Message("Export each currency into its own file and load it into its own workspace."),
            {"file": job.grid.name},
        )
    own = next(iter(found), "") or job.mapping.constants.get("currency", "") or job.source.currency
    if own and asked and own != asked:
        raise DataError(
            Message("The file is in {found}, not in {asked}.", found=own, asked=asked),
            Message(
                'Load it into a shop of its own ("New shop" under the list of shops, --workspace on the command line): '
                "money of two currencies cannot be added."
            ),
            {"file": job.grid.name},
        )
    return own or asked or ""


def _column_currencies(job: Job) -> set[str]:
    if "currency" not in job.mapping.columns:
        return set()
    return {_CURRENCIES.get(word.casefold(), word.upper()) or word for word in words_of(job, "currency")}


def _sign_currencies(job: Job) -> set[str]:
    """Codes that money signs in the cells name beyond doubt; ¥ and $ belong to several currencies and name none."""
    names = [name for name in job.staged() if job.column(name).type == "money" and job.quick.get(name) != 0]
    if not names:
        return set()
    signs = ", ".join(
        f"list(DISTINCT CASE WHEN TRY_CAST({quoted(name)} AS DOUBLE) IS NULL "
        f"THEN regexp_extract(lower({quoted(name)}), '{_SYMBOL}', 1) END) AS {quoted(name)}"
        for name in names
    )
    (row,) = job.run(f"SELECT {signs} FROM {STAGE} WHERE _drop = ''")  # noqa: S608 - canonical names only
    seen = {sign for name in names for sign in row[name] or () if sign}
    found = {_CURRENCIES.get(sign, sign.upper()) for sign in seen} - {""}
    vague = {"¥" if sign in "¥￥" else sign for sign in seen if _CURRENCIES.get(sign) == ""}
    if len(vague) > 1 or (vague == {"$"} and found & {"CNY", "EUR", "GBP"}):
        found |= vague
    return found
