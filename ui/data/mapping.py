"""Which column of a file is which of ours: the proposal, three examples for each, and the reader's changes."""

from __future__ import annotations

import dataclasses
import datetime as dt
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pandas as pd
import streamlit as st

from ecops.messages import Message
from ecops.sources.recognition import certainty
from ecops.sources.recognition.detect import Match, propose
from ecops.sources.recognition.mapping import Mapping, missing_columns
from ecops.sources.registry import shared_values, source, sources
from ecops.sources.text import normalise_header
from ecops.tables import table as canonical_table
from ui.data import asking
from ui.parts.text import _, clean, escape, language, plain, say

if TYPE_CHECKING:
    from ecops.sources.files.grid import Grid
    from ecops.tables import Column

CURRENCIES = ("CNY", "USD", "EUR", "GBP", "JPY", "HKD", "TWD", "SGD", "AUD", "CAD", "KRW", "THB", "MYR", "VND")
"""Currencies to choose from; any other goes in by its ISO code."""

_USUAL = "generic_orders"

_OF_THE_MOMENT = ("inventory_snapshots",)
"""Tables whose exports show the moment they are made, mostly without a day: their name's day is offered, or today."""

_FREE = ""
"""Stands in the list of headers for "no column of the file"."""


def choose_source(
    matches: tuple[Match, ...], key: str, start: Mapping | None = None, wanted: tuple[str, ...] = ()
) -> str:
    """Let the reader say which report a sheet is.

    What was used before comes first, then detection's guesses, best first, then the reports that the page asks for.
    """
    guessed = list(dict.fromkeys((*(match.source for match in matches), *wanted)))
    if start is not None:
        guessed = [start.source, *(name for name in guessed if name != start.source)]
    # Of a file that nothing is known of, orders are the likeliest; a platform's report would be a wild guess.
    others = [name for name in dict.fromkeys((_USUAL, *sources())) if name not in guessed]
    sure = {match.source: match.confidence for match in matches}

    labels = {name: plain(source(name).label) for name in (*guessed, *others)}
    labels |= {name: f"{labels[name]}  ·  {share:.0%}" for name, share in sure.items()}
    chosen = st.selectbox(_("This file is"), list(labels), format_func=labels.__getitem__, key=f"{key}_source")
    return str(chosen)


def edit(grid: Grid, name: str, key: str, remembered: Mapping | None = None) -> Mapping | None:
    """The mapping of a sheet under the report `name`, as the reader leaves it; None while its measures are not said.

    Args:
        grid: the sheet.
        name: the report.
        key: names the sheet on the page.
        remembered: what was confirmed for the same header earlier.
    """
    mapping = remembered if remembered and remembered.source == name else propose(source(name), grid)
    missing = missing_columns(mapping)
    headers = _headers(grid)
    doubtful = bool(certainty.guesses_in(mapping, [normalise_header(header) for header in grid.columns]))
    with st.expander(_edit_label(mapping, missing), expanded=bool(missing) or doubtful, key=f"{key}_mapping_{name}"):
        if mapping.columns:
            st.caption(_("Guesses are filled in. Change the column of the file where one is wrong."))
        else:
            st.caption(_("No column was recognised. Choose the column of the file for every field that it holds."))
        changed = st.data_editor(
            _rows(grid, mapping, headers),
            key=f"{key}_columns_{name}",
            hide_index=True,
            placeholder="—",
            disabled=["field", "required", "examples", "state"],
            column_order=["field", "required", "header", "state", "examples"],
            column_config={
                "field": st.column_config.TextColumn(_("Our field"), width="medium"),
                "required": st.column_config.CheckboxColumn(_("Required"), width="small"),
                "header": st.column_config.SelectboxColumn(
                    _("Column of the file"), options=[_FREE, *headers], width="medium"
                ),
                "examples": st.column_config.TextColumn(_("First values"), width="large"),
                "state": st.column_config.TextColumn(_("State"), width=110),
            },
        )
        columns = {
            column.name: headers.index(header)
            for column, header in zip(_fields(mapping), changed["header"], strict=True)
            if header in headers
        }
        mapping = dataclasses.replace(mapping, columns=columns)
        unused = [header for place, header in enumerate(headers) if place not in columns.values()]
        if unused:
            st.caption(_("Not used: {headers}", headers=" / ".join(unused)))
    return asking.measures(grid, _constants(_picked(mapping, headers, key), grid, key), headers, key)


def _edit_label(mapping: Mapping, missing: tuple[str, ...]) -> str:
    if missing:
        return _("Columns: {n} found, {missing} required ones missing", n=len(mapping.columns), missing=len(missing))
    return _("Columns: {n} found, nothing required is missing", n=len(mapping.columns))


def _picked(mapping: Mapping, headers: list[str], key: str) -> Mapping:
    """Ask for the column of each required field that no column was found for."""
    required = canonical_table(mapping.table).required
    for name in missing_columns(mapping):
        label = _("Which column holds this: {field}?", field=canonical_table(mapping.table)[name].label)
        header = st.selectbox(
            label, headers, index=None, placeholder=_("Choose a column"), key=f"{key}_pick_{mapping.source}_{name}"
        )
        if header is not None:
            place = headers.index(header)
            # A guess gives way: the segment of one file is the arm of another.
            free = {field: at for field, at in mapping.columns.items() if at != place or field in required}
            mapping = dataclasses.replace(mapping, columns={**free, name: place})
    return mapping


def _headers(grid: Grid) -> list[str]:
    """The headers as options: unique, so that two columns of one name can be told apart."""
    found: list[str] = []
    for place, header in enumerate(grid.columns, 1):
        name = clean(header) or _("column {n}", n=place)
        found.append(name if name not in found else f"{name} ({place})")
    return found


def _fields(mapping: Mapping) -> list[Column]:
    """The columns of the table that a file can fill."""
    return [column for column in canonical_table(mapping.table).columns if not column.header_of]


def _rows(grid: Grid, mapping: Mapping, headers: list[str]) -> pd.DataFrame:
    optional = source(mapping.source).optional
    rows: list[dict[str, Any]] = []
    for column in _fields(mapping):
        place = mapping.columns.get(column.name)
        filled = place is not None or column.name in mapping.constants
        needed = column.name in missing_columns(mapping)
        rows.append(
            {
                "field": plain(column.label),
                "required": column.required and column.name not in optional,
                "header": headers[place] if place is not None else _FREE,
                "examples": " / ".join(clean(value) for value in grid.samples[place]) if place is not None else "",
                "state": _("found") if filled else _("missing") if needed else _("not in the file"),
            }
        )
    return pd.DataFrame(rows)


def _constants(mapping: Mapping, grid: Grid, key: str) -> Mapping:
    """Ask for what the file does not say but one value for all rows can."""
    for name in missing_columns(mapping):
        if name == "variant":
            continue  # a test has two arms at least
        column = canonical_table(mapping.table)[name]
        label = _("{field}, the same for all rows", field=column.label)
        if name == "platform":
            options = sorted(set(shared_values().get("platform", {}).values()))
            value = st.selectbox(label, options, index=None, key=f"{key}_constant_{name}", accept_new_options=True)
        elif name == "date" and mapping.table in _OF_THE_MOMENT:
            value = str(st.date_input(label, _day_of(grid), key=f"{key}_constant_{name}", help=say(column.meaning)))
        else:
            value = st.text_input(label, key=f"{key}_constant_{name}", help=say(column.meaning))
        if value:
            mapping = mapping.with_constants(**{name: str(value).strip()})
    if "shop" in canonical_table(mapping.table).names and "shop" not in mapping.columns:
        shop = st.text_input(
            _("Name of the shop (where one platform has several)"),
            value=mapping.constants.get("shop", ""),
            key=f"{key}_shop",
        )
        if shop.strip():
            mapping = mapping.with_constants(shop=shop.strip())
    if "experiment" in canonical_table(mapping.table).names and "experiment" not in mapping.columns:
        proposed = propose(source(mapping.source), grid).constants.get("experiment", "")
        test = st.text_input(
            _("Name of the test"),
            value=proposed,
            key=f"{key}_test",
            help=_(
                "Files under one name are one test. Without user ids a newer file of a test replaces the one before."
            ),
        )
        mapping = mapping.with_constants(experiment=test.strip() or proposed)
    return mapping


def _day_of(grid: Grid) -> dt.date:
    """The day that a file carries in its name; today without one."""
    found = re.search(r"(20\d\d)[-_.年]?(\d\d)[-_.月]?(\d\d)", grid.name)
    try:
        named = dt.date(*map(int, found.groups())) if found else None
    except ValueError:
        named = None
    return named or dt.date.today()


def ask_words(mapping: Mapping, unknown: dict[str, dict[str, int]], key: str) -> tuple[dict[str, dict[str, str]], bool]:
    """Let the reader say what unknown words mean; nothing is guessed and nothing is loaded before.

    Args:
        mapping: the mapping so far.
        unknown: column -> word -> number of rows.
        key: names the sheet on the page.

    Returns:
        Column -> word -> canonical word as far as answered, and whether every word has an answer.
    """
    done = True
    said = {}
    for column, words in unknown.items():
        field = canonical_table(mapping.table)[column]
        options = sorted(set(source(mapping.source).vocabulary(column).values()))
        labels = {value: word_label(value) for value in options}
        st.warning(
            _(
                "{n} words of {field} are not known. Say what each means; the file waits until then.",
                n=len(words),
                field=field.label,
            )
        )
        answers = {}
        for place, (word, rows) in enumerate(words.items()):
            answers[word] = st.selectbox(
                f"{escape(word) or _('(empty)')}  ·  {say(Message('{n} rows', n=rows))}",
                options,
                index=None,
                format_func=labels.__getitem__,
                placeholder=_("What does it mean?"),
                key=f"{key}_word_{column}_{place}",
            )
        done = done and all(answers.values())
        said[column] = {word: str(value) for word, value in answers.items() if value}
    return said, done


def ask_date_order(key: str) -> str | None:
    """Let the reader say which number of a date is the day; None until she did."""
    labels = {"dmy": _("day/month: 03/04 is 3 April"), "mdy": _("month/day: 03/04 is 4 March")}
    labels["ymd"] = _("year/month/day: 26/03/04 is 4 March 2026")
    chosen = st.selectbox(
        _("How does this file write its dates?"),
        list(labels),
        index=None,
        format_func=labels.__getitem__,
        placeholder=_("Nothing in the file says it"),
        key=key,
    )
    return None if chosen is None else str(chosen)


def ask_decimal(key: str) -> str | None:
    """Let the reader say what the point in amounts means; None until she did."""
    labels = {".": _("decimals: 1.234 is a little over one"), ",": _("thousands: 1.234 is over a thousand")}
    chosen = st.selectbox(
        _("What does the point in its amounts mean?"),
        list(labels),
        index=None,
        format_func=labels.__getitem__,
        placeholder=_("Nothing in the file says it"),
        key=key,
    )
    return None if chosen is None else str(chosen)


def ask_currency(key: str) -> str | None:
    """Let the reader say in which currency the money of her shop is; None until she did."""
    st.warning(_("The file does not say in which currency its amounts are. Say it once for the whole shop."))
    return st.selectbox(
        _("Currency of the shop"),
        CURRENCIES,
        index=None,
        format_func=currency_label(),
        placeholder=_("Choose the currency, or type its code"),
        accept_new_options=True,
        key=key,
    )


def currency_label() -> Callable[[str], str]:
    """What a currency is called in the reader's language: its code and its name."""
    from babel.numbers import get_currency_name

    place = "zh_CN" if language() == "zh" else "en"
    labels = {code: f"{code}  {get_currency_name(code, locale=place)}" for code in CURRENCIES} | {"": _("not said yet")}
    return lambda code: labels.get(code, code)


def word_label(value: str) -> str:
    """A canonical word as people call it."""
    return {
        "unpaid": _("unpaid"),
        "paid": _("paid, not yet sent"),
        "shipped": _("sent"),
        "completed": _("completed"),
        "closed": _("closed or cancelled"),
        "refunded": _("refunded in full"),
        "mobile": _("mobile"),
        "desktop": _("desktop"),
        "shop": _("the whole shop"),
        "source": _("by source or device"),
        "item": _("by product"),
        "detail": _("parts of a source whose sum is there too"),
    }.get(value, clean(value))
