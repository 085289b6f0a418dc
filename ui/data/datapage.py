"""The parts of the data page: tables that are there, receipts of loads, settings of the shop."""

from __future__ import annotations

import datetime as dt
from zoneinfo import available_timezones

import streamlit as st

from ecops.tables import table as canonical_table
from ui.data import receipts as receipt_cards
from ui.data.mapping import CURRENCIES, currency_label
from ui.parts import errors
from ui.parts import tables as shown_tables
from ui.parts.text import _, plain
from ui.state import workspaces

_ROWS = 200
_FIRST = ("order_lines", "orders", "traffic_daily", "events", "ad_spend_daily", "products")
"""What most figures stand on comes first."""


def sample_notice() -> None:
    """Say that the sample shop cannot be changed, and offer the reader's own."""
    with st.container(border=True):
        st.markdown(_("You are looking at the sample shop: eighteen months on four platforms, made up by a program."))
        st.button(_("Load my own exports"), key="to_own", on_click=workspaces.choose_own, type="primary")


def tables() -> None:
    """Which tables have rows, from when to when, and a look into each."""
    st.subheader(_("Tables"), anchor=False)
    found = workspaces.current().tables()
    if not found:
        st.caption(_("No table has rows yet."))
        return
    names = sorted(found, key=lambda name: (_FIRST.index(name) if name in _FIRST else len(_FIRST), name))
    st.dataframe(
        {
            _("Table"): [plain(canonical_table(name).label) for name in names],
            _("Rows"): [found[name].rows for name in names],
            _("First day"): [_day(found[name].first_day) for name in names],
            _("Last day"): [_day(found[name].last_day) for name in names],
            _("One row is"): [plain(canonical_table(name).grain) for name in names],
        },
        hide_index=True,
        key="tables",
        height="content",
        column_config={_("Rows"): st.column_config.NumberColumn(format="%,.0f")},
    )
    look = st.expander(_("Look into a table"), key="look", on_change="rerun")
    if look.open:
        with look:
            _rows(names)


def _rows(names: list[str]) -> None:
    titles = {name: plain(canonical_table(name).label) for name in names}
    name = st.selectbox(_("Table"), names, format_func=titles.__getitem__, key="look_table")
    workspace = workspaces.current()
    rows = workspace.query(f"select * from {canonical_table(name).name} limit {_ROWS}")  # noqa: S608 - names of ecops.tables
    st.caption(_("The first {n} rows. The download has all of them.", n=min(_ROWS, rows.num_rows)))
    shown_tables.show(rows, key=f"rows_{name}", currency=workspace.currency, source=name)
    shown_tables.downloads(
        {plain(canonical_table(name).label): lambda: workspace.query(name)},
        name,
        key=f"all_{name}",
        labels=shown_tables.labels(rows.column_names),
        source=name,
    )


def _day(day: dt.date | None) -> str:
    return day.isoformat() if day else "—"


def receipts() -> None:
    """Every load of the workspace."""
    st.subheader(_("Loads"), anchor=False)
    receipt_cards.history(workspaces.current().receipts(), "history")


def settings() -> None:
    """What the shop itself decides: time zone and currency."""
    st.subheader(_("Settings of this shop"), anchor=False)
    workspace = workspaces.current()
    with st.form("shop_settings", border=False):
        zones = sorted(available_timezones())
        zone = st.selectbox(
            _("Time zone of the shop"),
            zones,
            index=zones.index(workspace.setting("timezone", "Asia/Shanghai")),
            help=_("Exports that say times with an offset are brought to this zone."),
        )
        known = workspace.currency
        codes = list(dict.fromkeys(("", *CURRENCIES, known)))
        currency = st.selectbox(
            _("Currency"),
            codes,
            index=codes.index(known),
            format_func=currency_label(),
            disabled=bool(known and workspace.tables()),
            help=_("One shop has one currency. It cannot be changed once there is data."),
            accept_new_options=True,
        )
        if st.form_submit_button(_("Save")):
            with errors.explained():
                workspace.set_setting("timezone", zone)
                if currency and currency != known:
                    workspace.set_setting("currency", currency)
                st.success(_("Saved. It holds for files loaded from now on."))
