"""Events of the calendar, written on the page and taken back."""

from __future__ import annotations

import datetime as dt

import streamlit as st

from ecops.messages import Message
from ecops.metrics.daily import NAMES
from ecops.review.events import Event, listed, write_event, written_events
from ecops.review.week.deck import KINDS
from ecops.tables import table as canonical_table
from ui.parts import cards, errors, tables
from ui.parts.tables import Shape
from ui.parts.text import _, plain
from ui.settings.parts import ACTOR
from ui.state import workspaces

_FIELDS = ("start", "end", "kind", "name", "platform", "note")
_DAYS = frozenset({"starts_on", "ends_on"})
_PLATFORMS = ("", "taobao", "tmall", "douyin", "jd", "pdd", "shopify", "amazon")


def show() -> None:
    """What the calendar holds, the form of an event, and taking one back."""
    workspace = workspaces.current()
    data = workspace.data()
    n = data.rows("calendar")
    cards.verdict(Message("{n} events are marked on every picture over time.", n=n))
    if n:
        frame = listed(data)
        told = frame.assign(kind=[plain(KINDS.get(kind, kind or "")) for kind in frame["kind"]])
        columns = canonical_table("calendar")
        shapes = {name: Shape(plain(columns[name].label), "date" if name in _DAYS else "text") for name in told}
        tables.show(told, "settings_calendar", shapes, download="ecops_calendar", source="calendar")
    if workspaces.is_sample():
        st.caption(_("The sample shop's calendar cannot be changed; choose your own shop in the menu."))
        return
    _form()
    _removal(workspace)


def _form() -> None:
    st.subheader(_("Write an event"), anchor=False)
    # Labels are written here and not when a widget asks: it may ask outside of the reader's language.
    kinds = {kind: plain(word) for kind, word in KINDS.items()}
    platforms = {name: plain(NAMES[name]) if name else _("all") for name in _PLATFORMS}
    with st.form("event_form", border=True, enter_to_submit=False):
        left, middle, right = st.columns(3)
        with left:
            st.date_input(_("From"), value=dt.date.today(), key="event_start", format="YYYY-MM-DD")
            st.date_input(_("To"), value=dt.date.today(), key="event_end", format="YYYY-MM-DD")
        with middle:
            st.selectbox(_("Kind"), list(KINDS), format_func=kinds.__getitem__, key="event_kind")
            st.text_input(_("Event"), key="event_name", max_chars=80)
        with right:
            st.selectbox(
                _("Platform"),
                _PLATFORMS,
                format_func=platforms.__getitem__,
                key="event_platform",
            )
            st.text_input(_("Note"), key="event_note", max_chars=200)
        st.form_submit_button(_("Write it down"), type="primary", on_click=_write)


def _write() -> None:
    said = {name: st.session_state[f"event_{name}"] for name in _FIELDS}
    with errors.kept("settings"):
        write_event(workspaces.current(), Event(**said), actor=ACTOR)
        st.session_state["event_name"] = st.session_state["event_note"] = ""


def _removal(workspace: object) -> None:
    """Loads of events written here; each is taken back like any other load."""
    receipts = {receipt.id: receipt for receipt in written_events(workspace)}
    if not receipts:
        return
    with st.expander(_("Take an event back"), key="event_removal"):
        names = {
            name: plain(Message("{file}, written {at}", file=receipt.file, at=receipt.loaded_at))
            for name, receipt in receipts.items()
        }
        chosen = st.selectbox(_("Event"), list(names), format_func=names.__getitem__, key="event_receipt")
        st.button(_("Take it back"), key="event_undo", on_click=_undo, args=(chosen,))


def _undo(name: str) -> None:
    with errors.kept("settings"):
        workspaces.current().undo(name, actor=ACTOR)
