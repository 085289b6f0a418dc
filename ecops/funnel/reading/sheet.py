"""A funnel from a small table somebody copied: any export the reader knows, or ten rows out of a dashboard."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ecops.errors import DataError
from ecops.funnel.causes.daily import daily_of, spreads
from ecops.funnel.causes.products import cart_pay_products
from ecops.funnel.reading.counts import from_table, header_of, known_header
from ecops.funnel.reading.own import ALL_STEPS
from ecops.funnel.spec import Step, known_steps
from ecops.funnel.table import FunnelTable
from ecops.funnel.workspace import ShopFunnel, chosen_steps, compared, daily_rows
from ecops.messages import Message, Term
from ecops.metrics.daily import DIMENSIONS, opened
from ecops.metrics.panel import history_days
from ecops.periods import ONE_DAY, Period
from ecops.sources import inspect
from ecops.statistics.days import LEAST_DAYS

if TYPE_CHECKING:
    import pandas as pd

_PLACES = ("platform", "shop", "channel", "device", "segment")
_PRODUCTS = ("title", "sku", "item_id")
_STEP_COLUMNS = ("impressions", "clicks", "visitors", "cart_users", "order_buyers", "pay_buyers")
_MOST_ROWS = 200_000
_MOST_SEGMENTS = 400


def read_sheet(source: Path | bytes, name: str | None = None) -> pd.DataFrame:
    """The first sheet with rows of any file, as text; read by the sandboxed reader, loaded nowhere.

    Args:
        source: a path, or bytes: of an upload, or of text that was pasted.
        name: what the user calls it.

    Raises:
        FileError: the file cannot be read.
        DataError: it has no rows, or too many for a table to look at.
    """
    import pandas as pd

    with inspect(source, name) as found:
        grids = [grid for grid, _ in found.sheets if grid.rows]
        if not grids:
            raise DataError(
                Message("The table has no rows."), Message("Choose another period, or check what was copied.")
            )
        grid = grids[0]
        if grid.rows > _MOST_ROWS:
            raise DataError(
                Message("The table has {n} rows.", n=grid.rows), Message("Load a table of this size on the data page.")
            )
        text = grid.path.read_text("utf-8-sig")
        return pd.read_csv(
            io.StringIO(text),
            sep=grid.delimiter,
            quotechar=grid.quote or '"',
            skiprows=grid.header_line + 1,
            header=None,
            names=list(_unique(grid.columns)),
            dtype=str,
            keep_default_na=False,
            index_col=False,
        )


def _unique(headers: tuple[str, ...]) -> tuple[str, ...]:
    """Headers, a repeated one numbered."""
    seen: dict[str, int] = {}
    found = []
    for header in headers:
        seen[header] = seen.get(header, 0) + 1
        found.append(header if seen[header] == 1 else f"{header} {seen[header]}")
    return tuple(found)


def sheet_funnel(
    now: Any, before: Any = None, period: Period | None = None, currency: str = "", dispersion: float | None = None
) -> ShopFunnel:
    """The funnel of a table of counts.

    A row is a segment (a source, a product, a day) and the columns are steps under any known header; or a row is a step
    and the next columns are the number now and, when there is one, before. A table with days and nothing to compare it
    with is compared with itself: the later half of its days with the earlier half.

    Args:
        now: a pandas table, see `read_sheet`.
        before: the same table of the days compared with, or None.
        period: the days `now` is about, when it does not say.
        currency: ISO code of its money.
        dispersion: how many times more than by chance its counts vary, where it has no days to tell; the usual one when
            None. `own_dispersion` knows that of a shop.

    Raises:
        MappingError: no two steps are known. DataError: text where counts should be.
    """
    _readable(now)
    upright = _upright(now)
    if upright is not None:
        after, then = upright
        if before is not None and (other := _upright(before)) is not None:
            then = other[0]
        return compared(replace(after, dispersion=dispersion), then)
    by = segment_columns(now)
    if before is not None:
        after, then = _two(now, before, by, period, currency)
        return compared(replace(after, dispersion=dispersion), then)
    whole = from_table(now, by=by, period=period, currency=currency)
    half = len(whole.days) // 2
    if not half or period is not None:
        return compared(whole, None)
    early, late = whole.days[:half], whole.days[-half:]
    after = from_table(now, by=by, period=Period(late[0], late[-1]), currency=currency)
    then = from_table(now, by=by, period=Period(early[0], early[-1]), currency=currency)
    note = Message("The later half of the days is compared with the earlier half.")
    return compared(after, then, (note,))


def _readable(frame: pd.DataFrame) -> None:
    """Refuse what lost its columns on the way, and what has no number at all."""
    if frame.shape[1] == 1:
        raise DataError(
            Message("The table has only one column."),
            Message("Some programs copy each cell to a line of its own. Copy from a spreadsheet, or drop the file."),
        )
    if not any(_numeric(frame, str(header)) for header in frame.columns) and _upright(frame) is None:
        raise DataError(
            Message("There is no column of numbers in the table."),
            Message("Copy the headers and the rows below them: one row a source, a product, a day or a step."),
        )


def taken_as(frame: pd.DataFrame) -> dict[str, Term | None]:
    """What each column of a table of counts is taken for; None for what is not used.

    >>> import pandas as pd
    >>> table = pd.DataFrame({"流量来源": ["a", "b"], "访客数(人)": [9, 8], "支付买家数": [1, 1], "备注": ["x", "y"]})
    >>> {header: meant and meant.en for header, meant in taken_as(table).items()}
    {'流量来源': 'channel', '访客数(人)': 'visit', '支付买家数': 'payment', '备注': None}
    """
    if _upright(frame) is not None:
        roles = (Term(en="step", zh="步骤"), Term(en="now", zh="本期"), Term(en="before", zh="对比期"))
        return {str(header): roles[place] if place < 3 else None for place, header in enumerate(frame.columns)}
    found: dict[str, Term | None] = {str(header): None for header in frame.columns}
    for column in _STEP_COLUMNS:
        header, step = known_header(frame, column), known_steps()[_name(column)]
        if header is not None:
            found[header] = step.label
    for column, label in (("date", Term(en="day", zh="日期")), ("pay_amount", Term(en="payments", zh="支付金额"))):
        header = known_header(frame, column)
        if header is not None and found[header] is None:
            found[header] = label
    for name in segment_columns(frame):
        header = known_header(frame, name) or name
        found[header] = DIMENSIONS.get(name, Term(en="segment", zh="分组"))
    return found


def _two(
    now: pd.DataFrame, before: pd.DataFrame, by: list[str], period: Period | None, currency: str
) -> tuple[FunnelTable, FunnelTable]:
    """Both tables over the steps and dimensions that both have."""
    steps = [
        column
        for column in _STEP_COLUMNS
        if known_header(now, column) is not None and known_header(before, column) is not None
    ]
    known = [Step(_name(column), columns=(column,), label=known_steps()[_name(column)].label) for column in steps]
    shared = [name for name in by if name in before.columns or known_header(before, name) is not None]
    wanted = known if len(known) >= 2 else None
    after = from_table(now, wanted, by=shared, period=period, currency=currency)
    return after, from_table(before, wanted, by=shared, currency=currency)


def _name(column: str) -> str:
    """The known step of a canonical column."""
    own = {"visitors": "visit", "clicks": "click"}
    return own.get(column) or next(name for name, step in known_steps().items() if column in step.columns)


def own_dispersion(data: Any, period: Period) -> float | None:
    """How many times more than by chance the counts of a shop vary over such a period, the median step.

    A table without days takes it over, see `diagnose`. None where the shop has no daily counts or too few days.
    """
    import numpy as np

    ready = opened(data)
    past = Period(period.end - (history_days(period) + period.days - 1) * ONE_DAY, period.end)
    if not ready.has("traffic_daily"):
        return None
    try:
        rows = daily_rows(ready, past, past)
    except DataError:
        return None
    chosen, shops, _ = chosen_steps(rows, ALL_STEPS)
    rows = rows[[shop in shops for shop in zip(rows["platform"], rows["shop"], strict=True)]]
    if rows["date"].nunique() < LEAST_DAYS + period.days or len(chosen) < 2:
        return None
    now = period.start <= rows["date"]
    after, before = (from_table(part.fillna(0.0), chosen, date="date") for part in (rows[now], rows[~now]))
    pairs = zip(after.required, after.required[1:], strict=False)
    daily = [daily_of(step, base, after, before, None) for base, step in pairs]
    found = [spreads([np.ones(1, dtype=bool)], part)[0].phi for part in daily if part is not None]
    return float(np.median(found)) if found else None


def segment_columns(frame: pd.DataFrame) -> list[str]:
    """By what a table splits its counts: known dimensions, else its first column of words.

    >>> import pandas as pd
    >>> segment_columns(pd.DataFrame({"流量来源": ["搜索", "推荐"], "访客数": ["1", "2"], "支付买家数": ["1", "1"]}))
    ['channel']
    """
    found = [name for name in _PLACES if _varies(frame, known_header(frame, name))]
    product = next((name for name in _PRODUCTS if _varies(frame, known_header(frame, name))), None)
    if product is not None and not found:
        return [product]
    if found:
        return found
    taken = {known_header(frame, name) for name in (*_STEP_COLUMNS, "date", "pay_amount")}
    first = next((str(header) for header in frame.columns if header not in taken), None)
    return [first] if first is not None and _varies(frame, first) and not _numeric(frame, first) else []


def _varies(frame: pd.DataFrame, header: str | None) -> bool:
    return header is not None and 1 < frame[header].nunique() <= _MOST_SEGMENTS


def _numeric(frame: pd.DataFrame, header: str) -> bool:
    texts = frame[header].astype(str).str.replace(r"[,，%\s]", "", regex=True)
    return bool(texts.str.fullmatch(r"-?\d*\.?\d*[万亿kw]?").all())


def _upright(frame: pd.DataFrame) -> tuple[FunnelTable, FunnelTable | None] | None:
    """A table whose rows are the steps, as (now, before); None for every other table."""
    import pandas as pd

    if not 2 <= len(frame) <= 20 or frame.shape[1] < 2 or known_header(frame, "pay_buyers") is not None:
        return None
    names = [str(name).strip() for name in frame.iloc[:, 0]]
    steps = [_known(name) for name in names]
    if sum(step is not None for step in steps) < 2 or len(set(names)) < len(names) or "" in names:
        return None
    chain = [
        replace(step, name=name, columns=()) if step is not None else Step(name)
        for step, name in zip(steps, names, strict=True)
    ]
    sides = []
    for column in frame.columns[1:3]:
        if _numeric(frame, str(column)):
            row = pd.DataFrame([list(frame[column])], columns=names)
            sides.append(from_table(row, chain))
    if not sides:
        return None
    return sides[0], sides[1] if len(sides) > 1 else None


def _known(name: str) -> Step | None:
    """The known step somebody means by a word."""
    word = name.casefold()
    for step in known_steps().values():
        words = {step.name, *(event.casefold() for event in step.events)}
        label = step.label
        if word in words or (label is not None and word in {label.zh, label.en.casefold()}):
            return step
    from ecops.tables import table

    for column in table("traffic_daily").columns:
        if column.name in _STEP_COLUMNS and word in {column.label.zh, column.label.en.casefold(), *column.synonyms}:
            return known_steps()[_name(column.name)]
    return None


def sheet_products(frame: pd.DataFrame) -> pd.DataFrame:
    """High-cart, low-pay products of a table that has products, visitors, carts and payments; else empty."""
    import pandas as pd

    needed = ("visitors", "cart_users", "pay_buyers")
    product = next((name for name in _PRODUCTS if _varies(frame, known_header(frame, name))), None)
    if product is None or any(known_header(frame, name) is None for name in needed):
        return pd.DataFrame()
    header = header_of(frame, product, Message("The column"))
    totals = frame[header].astype(str).str.strip().isin({"合计", "总计", "汇总", "Total", "total"})
    found = cart_pay_products(frame[~totals], header)
    return found.assign(title=found["product"], platform="")
