"""The paste box of the funnel page: a small table, read like any export, kept nowhere."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from ecops import EcopsError, door
from ecops.funnel.causes.diagnosis import usual_dispersion
from ecops.funnel.reading import sheet
from ecops.funnel.workspace import ShopFunnel
from ui.parts import errors
from ui.parts.text import _, clean, joined, plain

_HEADERS = ("流量来源", "访客数", "加购人数", "下单买家数", "支付买家数", "支付金额")
_ROWS = (
    ("手淘搜索", "5,886", "318", "63", "58", "5,812.00"),
    ("手淘推荐", "5,812", "222", "51", "43", "5,745.00"),
    ("我的淘宝", "4,686", "839", "263", "228", "24,079.00"),
    ("万相台", "2,105", "84", "17", "13", "954.00"),
    ("淘宝客", "1,460", "72", "17", "13", "1,318.00"),
)
EXAMPLE_ROWS: tuple[dict[str, str], ...] = tuple(dict(zip(_HEADERS, row, strict=True)) for row in _ROWS)
"""Five rows as 生意参谋 shows them."""

_NOW, _BEFORE, _FILE = "paste_now", "paste_before", "paste_file"


def box(own: float | None = None) -> tuple[ShopFunnel, pd.DataFrame] | None:
    """Draw the box; the funnel and the products of what stands in it, None while it is empty or unreadable.

    Args:
        own: how many times more than by chance the counts of the reader's own shop vary, where that is known.
    """
    st.caption(
        _(
            "Copy the rows with their headers out of SYCM, a spreadsheet or any dashboard: one row a source, a "
            "product, a day or a step. The table is read for this page only and kept nowhere."
        )
    )
    left, right = st.columns(2, gap="medium")
    with left:
        st.text_area(_("The table"), height=200, key=_NOW, placeholder=_example(2), persist_state="session")
    with right:
        st.text_area(
            _("The same table of the days before, if you have it"), height=200, key=_BEFORE, persist_state="session"
        )
    with st.container(horizontal=True, gap="small", vertical_alignment="center"):
        st.button(_("Fill in an example"), key="paste_example", on_click=_fill)
        st.button(_("Clear"), key="paste_clear", type="tertiary", on_click=_clear)
    dropped = st.file_uploader(_("Or drop the file"), type=("csv", "txt", "tsv", "xls", "xlsx"), key=_FILE)
    text = str(st.session_state.get(_NOW) or "").strip()
    now = (dropped.getvalue(), str(dropped.name)) if dropped is not None else (text.encode(), "table.csv")
    if not now[0]:
        return None
    before = str(st.session_state.get(_BEFORE) or "").strip().encode()
    assumed = float(
        st.number_input(
            _("Counts vary so many times more than by chance"),
            min_value=1.0,
            max_value=100.0,
            value=max(round(own or usual_dispersion(), 1), 1.0),
            step=0.5,
            format="%.1f",
            key="paste_dispersion",
            help=_("Assumed where the table has no days that would tell; your own shop's value where it is known."),
        )
    )
    try:
        _shown_back(_read(now[0], now[1]))
        return _answer(now[0], now[1], before, assumed)
    except EcopsError as error:
        errors.show(error)
        st.caption(_("It should look like this:"))
        st.dataframe(pd.DataFrame(EXAMPLE_ROWS), hide_index=True, key="paste_wanted", width="content")
        return None


_SHOWN = 5
"""Rows of a pasted table that are shown back."""


def _shown_back(frame: pd.DataFrame) -> None:
    """The first rows as they were read, under what each column was taken for, before anything is made of them."""
    meant = sheet.taken_as(frame)
    with st.expander(_("How the table was read: {n} rows", n=len(frame)), key="paste_read"):
        names = [clean(head) if term is None else f"{clean(head)} → {plain(term)}" for head, term in meant.items()]
        shown = door.visible(frame.head(_SHOWN).set_axis(names, axis=1))
        st.dataframe(shown, hide_index=True, key="paste_seen", width="content")
        unused = [clean(head) for head, term in meant.items() if term is None]
        if unused:
            st.caption(_("Not used: {headers}", headers=joined(unused)))


@st.cache_resource(max_entries=32, scope="session", show_spinner=False)
def _read(table: bytes, name: str) -> pd.DataFrame:
    """Keyed by the bytes themselves; only this reader's session keeps it."""
    return sheet.read_sheet(table, name)


@st.cache_resource(max_entries=32, scope="session", show_spinner=False)
def _answer(now: bytes, name: str, before: bytes, assumed: float) -> tuple[ShopFunnel, pd.DataFrame]:
    """Keyed by the bytes themselves; only this reader's session keeps it."""
    frame = _read(now, name)
    other = sheet.read_sheet(before, "table.csv") if before else None
    return sheet.sheet_funnel(frame, other, dispersion=assumed), sheet.sheet_products(frame)


def _example(rows: int) -> str:
    head = "\t".join(EXAMPLE_ROWS[0])
    return "\n".join([head, *("\t".join(row.values()) for row in EXAMPLE_ROWS[:rows])])


def _fill() -> None:
    st.session_state[_NOW] = _example(len(EXAMPLE_ROWS))


def _clear() -> None:
    st.session_state[_NOW] = st.session_state[_BEFORE] = ""
