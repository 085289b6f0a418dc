"""The dictionary of the product, written from the same registries the figures are computed from."""

from __future__ import annotations

from collections.abc import Iterable

import streamlit as st

from ecops.tables import Table
from ecops.tables import tables as canonical_tables
from ui.text import _, escape, language, plain, say


def _matches(wanted: str, texts: Iterable[str]) -> bool:
    return wanted.strip().casefold() in " ".join(texts).casefold()


def metrics(wanted: str) -> None:
    """Metrics."""


def sources(wanted: str) -> None:
    """Sources."""


def tables(wanted: str) -> None:
    """Canonical tables, each with its columns; a search that names a column shows the tables that have it."""
    found = {name: table for name, table in canonical_tables().items() if _matches(wanted, _words(table))}
    if not found:
        nothing(wanted)
    for name, table in found.items():
        with st.expander(f"**{say(table.label)}**  {escape(name)}", expanded=bool(wanted) and len(found) == 1):
            st.markdown(say(table.meaning))
            st.caption(_("One row is: {grain}", grain=table.grain))
            st.dataframe(_rows(table), hide_index=True, key=f"columns_{name}")


def _words(table: Table) -> list[str]:
    words = [table.name, table.label.zh, table.label.en]
    for column in table.columns:
        words += [column.name, column.label.zh, column.label.en, *column.synonyms]
    return words


def _rows(table: Table) -> dict[str, list[str]]:
    columns = table.columns
    return {
        plain_head(_("Column")): [plain(column.label) for column in columns],
        plain_head(_("Name in queries")): [column.name for column in columns],
        plain_head(_("Required")): [_("yes") if column.required else "" for column in columns],
        plain_head(_("Meaning")): [plain(column.meaning) for column in columns],
        plain_head(_("Headers it is found under")): [
            ("、" if language() == "zh" else ", ").join(column.synonyms) for column in columns
        ],
    }


def plain_head(text: str) -> str:
    """A sentence without values needs no escaping in a header."""
    return text


def nothing(wanted: str) -> None:
    """Say that a search found nothing."""
    st.caption(_("Nothing here is called {wanted}.", wanted=wanted))
