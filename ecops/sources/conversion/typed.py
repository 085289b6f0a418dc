"""Second pass: cleaned text becomes typed columns, one SELECT for the whole sheet."""

from __future__ import annotations

from dataclasses import dataclass, field

from ecops.sources.conversion import cells, staging
from ecops.sources.conversion.dates import DateRule
from ecops.sources.conversion.staging import MOMENTS, NUMERIC, STAGE, Job, quoted
from ecops.sources.recognition.mapping import constant_value
from ecops.tables import SQL_TYPES, Column

PAID_WORDS = ("paid", "shipped", "completed", "refunded")
OPEN_WORDS = ("unpaid", "closed")


_ENDS = ("ends_on",)
"""Days that may lie as far ahead as systems write "no end"."""

_PAPERS = "_until"
"""Days on which papers expire, often many years ahead."""
_POSITIVE = frozenset({"refund_amount", "discount", "commission", "promotion_fee"})


@dataclass(frozen=True, slots=True)
class Reading:
    """How every column of a sheet is written.

    Attributes:
        dates: staged name -> rule, for dates and times.
        decimals: staged name -> "." or ",", for numbers.
        words: staged name -> word of the file -> canonical word, for categories with a vocabulary.
        currency: ISO code or "".
    """

    dates: dict[str, DateRule] = field(default_factory=dict)
    decimals: dict[str, str] = field(default_factory=dict)
    words: dict[str, dict[str, str]] = field(default_factory=dict)
    currency: str = ""


def typed_sql(job: Job, reading: Reading) -> str:
    """The SELECT that reads the stage: `_row`, every column of the table, and the columns of `marks`."""
    _bind(job, reading)
    staged = job.staged()
    quick, parts, values = [], [], []
    for name in staged:
        column, text = job.column(name), quoted(name)
        if column.type in NUMERIC and job.quick.get(name) != 0:
            if name not in job.quick:
                quick.append(f"{cells.quick_number(text, reading.decimals[name])} AS {quoted('_q_' + name)}")
            found = cells.number_parts(text, quoted("_q_" + name), reading.decimals[name])
            parts.append(f"{found} AS {quoted('_p_' + name)}")
        values += _value_and_bad(job, reading, name)
    filled = _filled(job, list(staged))
    typed = f"""
        SELECT _row, {", ".join(values)}
        FROM (SELECT *{_more(parts)}
        FROM (SELECT *{_more(quick)}
        FROM (SELECT file_row_number + {job.first_row} AS _row, {filled} FROM {STAGE} WHERE _drop = '')))
    """  # noqa: S608 - canonical names and our own expressions only
    return _finished(job, _spread(job, typed))


def _more(expressions: list[str]) -> str:
    return "".join(f", {expression}" for expression in expressions)


def _bind(job: Job, reading: Reading) -> None:
    job.parameters["timezone"] = job.timezone
    job.parameters["currency"] = reading.currency or None
    for name, words in reading.words.items():
        job.parameters[f"words_{name}_from"] = list(words) or [""]
        job.parameters[f"words_{name}_to"] = list(words.values()) or [""]
    for name, value in {**job.source.empty, **job.mapping.constants}.items():
        job.parameters[f"constant_{name}"] = constant_value(job.table[name], value)
    for column in job.table.columns:
        if column.header_of in job.mapping.columns:
            job.parameters[f"constant_{column.name}"] = job.grid.columns[job.mapping.columns[column.header_of]]


def _filled(job: Job, names: list[str]) -> str:
    """The staged columns, those that stand on the first row of an order carried down to its other rows."""
    parts = []
    for name in names:
        text = quoted(name)
        if name in job.source.fill:
            text = f"coalesce({text}, max({text}) OVER (PARTITION BY order_id)) AS {text}"
        parts += [text, quoted(f"_q_{name}")] if name in job.quick else [text]
    return ", ".join(parts)


def _value_and_bad(job: Job, reading: Reading, name: str) -> list[str]:
    column, text = job.column(name), quoted(name)
    value = _value(job, reading, name, column)
    found = [f"{value} AS {quoted(name)}"]
    if _may_be_bad(job, name):
        bad = f"{text} IS NOT NULL AND ({value}) IS NULL"
        if column.type in NUMERIC and _bounded(job):
            wild = cells.beyond_reason(text, _plain_number(name, column, plain=False))
            found.append(f"CASE WHEN {wild} THEN {text} END AS {quoted('_wild_' + name)}")
            bad = f"{bad} AND NOT ({wild})"
        found.append(f"CASE WHEN {bad} THEN {text} END AS {quoted('_bad_' + name)}")
    elif column.type == "id":
        lost = f"contains(upper({text}), 'E') AND regexp_matches({text}, '{cells.SCIENTIFIC}')"
        found.append(f"CASE WHEN {lost} THEN {text} END AS {quoted('_lost_' + name)}")
    return found


def _may_be_bad(job: Job, name: str) -> bool:
    """Whether cells of a staged column may turn out to be no number, no time, neither true nor false."""
    return job.column(name).type in (*NUMERIC, *MOMENTS, "boolean") and job.quick.get(name) != 0


def _value(job: Job, reading: Reading, name: str, column: Column) -> str:
    text = quoted(name)
    if column.type in NUMERIC:
        return _number(name, column, plain=job.quick.get(name) == 0, bounded=_bounded(job))
    if column.type in MOMENTS:
        found = [quoted(f"_q_{name}")] if name in job.quick else []
        within = (
            cells.until_next_year
            if name in _ENDS
            else cells.in_this_century
            if name.endswith(_PAPERS)
            else cells.in_our_years
        )
        found += [within(cells.moment(text, reading.dates[name]))] if job.quick.get(name) != 0 else []
        moment = f"coalesce({', '.join(found)})"
        return f"CAST({moment} AS DATE)" if column.type == "date" else moment
    plain = {"boolean": cells.boolean, "person": cells.person, "id": cells.identifier}
    if column.type in plain:
        return plain[column.type](text)
    if name in reading.words:
        known = f"list_extract($words_{name}_to, list_position($words_{name}_from, {text}))"
        text = f"coalesce({known}, {text})"
    if name in job.source.empty:
        text = f"coalesce({text}, $constant_{name})"
    return text


def _bounded(job: Job) -> bool:
    """Whether rows with numbers beyond all reason are left out; tests of users judge their outliers themselves."""
    return not job.table.name.startswith("experiment_")


def _number(name: str, column: Column, plain: bool, bounded: bool) -> str:
    """The number of a column; `plain` when every cell was read at once. NULL where it is beyond all reason."""
    value = _plain_number(name, column, plain)
    if not plain and bounded:
        value = f"CASE WHEN abs({value}) <= {cells.MOST} THEN {value} END"
    if name.removeprefix("order_") in _POSITIVE or column.unit == "per coupon":
        # Some platforms write what goes back to the buyer, or to themselves, below zero; ours are positive amounts.
        value = f"abs({value})"
    return f"CASE WHEN {value} = round({value}) THEN CAST({value} AS BIGINT) END" if column.type == "integer" else value


def _plain_number(name: str, column: Column, plain: bool) -> str:
    """What the cells of a column say as numbers, however large."""
    options = [quoted("_q_" + name)]
    options += [] if plain else [cells.slow_number(quoted("_p_" + name))]
    if not plain and column.unit == "seconds":
        options.append(cells.clock_seconds(quoted(name)))
    if not plain and column.unit == "figure":
        options.append(f"CAST({cells.boolean(quoted(name))} AS DOUBLE)")
    return f"coalesce({', '.join(options)})"


def _spread(job: Job, typed: str) -> str:
    """Amounts of whole orders spread over their lines by list value, so that lines add up to what the order says."""
    amounts = [name for name in job.spread() if name != "_row"]
    if not amounts:
        return typed
    worth = 'abs(coalesce("unit_price" * "quantity", 0))'
    parts = []
    for name in amounts:
        total = f"sum({quoted(name)}) OVER lines"
        share = f"round({total} * {worth} / sum({worth}) OVER lines, 6)"
        parts.append(
            f"CASE WHEN sum({worth}) OVER lines > 0 THEN {share} ELSE {quoted(name)} END "
            f"AS {quoted(name.removeprefix('order_'))}"
        )
        if _may_be_bad(job, name):
            plain = name.removeprefix("order_")
            kinds = ("_bad_", "_wild_") if _bounded(job) else ("_bad_",)
            parts += [f"{quoted(mark + name)} AS {quoted(mark + plain)}" for mark in kinds]
    drop = ", ".join(quoted(name) for name in amounts)
    # The amount stands on one row of the order; other rows are empty or repeat nothing, so the sum is the amount.
    return f"""
        SELECT * EXCLUDE ({drop}), {", ".join(parts)}
        FROM ({typed}) WINDOW lines AS (PARTITION BY order_id)
    """  # noqa: S608 - canonical names only


def _finished(job: Job, typed: str) -> str:
    """The columns of the table in order, with constants, stand-ins and rules, and the marks behind them."""
    have = columns_of(job)
    base = ", ".join(f"{_base(job, column, have)} AS {quoted(column.name)}" for column in job.table.columns)
    tail = _more([quoted(mark) for mark in marks(job)])
    sql = f"SELECT _row, {base}{tail} FROM ({typed})"  # noqa: S608 - canonical names only
    for rule in (_settled, _summed, _numbered):
        sql = rule(job, sql)
    return sql


def columns_of(job: Job) -> set[str]:
    """The canonical columns that the file itself fills."""
    return {*job.mapping.columns, *(name.removeprefix("order_") for name in job.spread())}


def marks(job: Job) -> list[str]:
    """Columns beside the typed ones, each the text of a cell.

    `_bad_<name>` cannot be read, `_wild_<name>` is a number beyond all reason, `_lost_<name>` an id without its digits.
    """
    doubtful = [name for name in job.staged() if _may_be_bad(job, name)]
    bad = {f"_bad_{name.removeprefix('order_')}" for name in doubtful}
    if _bounded(job):
        bad |= {f"_wild_{name.removeprefix('order_')}" for name in doubtful if job.column(name).type in NUMERIC}
    return sorted(bad) + [f"_lost_{name}" for name in sorted(columns_of(job)) if job.table[name].type == "id"]


def _base(job: Job, column: Column, have: set[str]) -> str:
    name = column.name
    stand_ins = [other for other in job.source.fallback.get(name, ()) if other in have]
    if name in have or stand_ins:
        options = [quoted(name)] if name in have else []
        options += [f"CAST({quoted(other)} AS {column.sql_type})" for other in stand_ins]
        return f"coalesce({', '.join(options)})"
    if name == "currency":
        return "CAST($currency AS VARCHAR)"
    if name in job.mapping.constants or column.header_of in job.mapping.columns:
        return f"CAST($constant_{name} AS {column.sql_type})"
    if name == "level":
        return f"'{_level(have)}'"
    pair = job.source.derive.get(name)
    if pair and set(pair) <= have:
        return f"round({quoted(pair[0])} * {quoted(pair[1])}, 6)"
    return f"CAST(NULL AS {SQL_TYPES[column.type]})"


def _level(have: set[str]) -> str:
    """What the rows of a traffic file without a level count: products, sources, or the shop."""
    if have & {"item_id", "sku", "title"}:
        return "item"
    return "source" if have & {"channel", "device", "segment"} else "shop"


def _settled(job: Job, sql: str) -> str:
    """When an order counts as paid, and what was given back when it was closed after payment.

    A file without payment times: every order that is not unpaid or closed counts as paid when it was placed. A paid
    order that was closed or refunded without a refund amount was given back in full.
    """
    if job.table.name not in ("order_lines", "orders"):
        return sql
    opened, settled = (", ".join(f"'{word}'" for word in words) for words in (OPEN_WORDS, PAID_WORDS))
    if "paid_at" in job.mapping.columns:
        paid = f"CASE WHEN paid_at IS NULL AND status IN ({settled}) THEN ordered_at ELSE paid_at END"
    else:
        paid = f"CASE WHEN coalesce(status, '') NOT IN ({opened}) THEN ordered_at END"
    back = (
        "CASE WHEN coalesce(refund_amount, 0) = 0 AND paid_amount > 0 AND paid_at IS NOT NULL "
        "AND status IN ('closed', 'refunded') THEN paid_amount ELSE refund_amount END"
    )
    with_paid = f"SELECT * REPLACE ({paid} AS paid_at), paid_at IS NULL AS _no_time FROM ({sql})"  # noqa: S608 - our own expressions
    return f"SELECT * REPLACE ({back} AS refund_amount) FROM ({with_paid})"  # noqa: S608


def _summed(job: Job, sql: str) -> str:
    """Rows that sum others keep the level of the report, and what they sum becomes its details."""
    for name, words in job.source.sums.items():
        if name not in job.mapping.columns:
            continue
        job.parameters[f"sums_{name}"] = list(words)
        beside = ", ".join(
            f"coalesce({quoted(other)}, '')"
            for other in job.table.key
            if job.table[other].type != "date" and other not in (name, "level")
        )
        is_sum = f"coalesce(list_contains($sums_{name}, {quoted(name)}), false)"
        parts = f"NOT {is_sum} AND bool_or({is_sum}) OVER (PARTITION BY {quoted(job.table.date)}, {beside})"
        sql = (
            f"SELECT * REPLACE (CASE WHEN {parts} THEN 'detail' ELSE level END AS level, "  # noqa: S608 - canonical names
            f"CASE WHEN NOT {is_sum} THEN {quoted(name)} END AS {quoted(name)}) FROM ({sql})"
        )
    return sql


ITEM = "coalesce(sku, item_id, title, '')"
# A later file may hold nothing but the refund of a line; it must not take the number of the sale.
_BACK = "CASE WHEN paid_amount < 0 OR quantity < 0 THEN strftime(ordered_at, 'back %Y%m%d%H%M%S') END"
_NUMBERED = {
    "order_lines": ("line_id", f"concat_ws('|', {ITEM}, {_BACK}, $N)", ("order_id", ITEM, _BACK)),
    "events": ("event_id", "left(md5($K), 20) || '-' || $N", ("user_id", "happened_at", "event", "item_id", "sku")),
    # People who appear twice, or in two arms, must reach the checks; a key without the row hides them.
    "experiment_units": ("row_id", "CAST($N AS VARCHAR)", ("experiment", "unit_id")),
    "reviews": ("review_id", "left(md5($K), 20) || '-' || $N", ("sku", "date", "text")),
    "payment_attempts": ("attempt_id", "left(md5($K), 20) || '-' || $N", ("order_id", "started_at", "outcome")),
    "service_contacts": (
        "contact_id",
        "left(md5($K), 20) || '-' || $N",
        ("kind", "customer_id", "order_id", "contacted_at"),
    ),
}


def _numbered(job: Job, sql: str) -> str:
    """Numbers for rows that the file does not number: from what the row is about and the position among its equals.

    The same export, or an overlapping one that holds whole orders, gives the same numbers again.
    """
    rule = _NUMBERED.get(job.table.name)
    if rule is None or rule[0] in job.mapping.columns:
        return sql
    name, shape, group = rule
    if set(group) & set(job.source.optional) - columns_of(job):
        return f"SELECT * REPLACE (CAST(_row AS VARCHAR) AS {name}) FROM ({sql})"  # noqa: S608 - nothing to count by
    number = f"row_number() OVER (PARTITION BY {', '.join(group)} ORDER BY _row)"
    key = f"concat_ws('|', {', '.join(f'CAST({part} AS VARCHAR)' for part in group)})"
    made = shape.replace("$N", f"CAST({number} AS VARCHAR)").replace("$K", key)
    return f"SELECT * REPLACE ({made} AS {name}) FROM ({sql})"  # noqa: S608 - our own names


def read_columns(job: Job, currency: str) -> Reading:
    """Look at every staged column once and decide how it is written."""
    moments = [name for name in job.staged() if job.column(name).type in MOMENTS]
    return Reading(
        dates={name: staging.date_rule(job, name) for name in moments},
        decimals=staging.decimal_marks(job),
        currency=currency,
    )
