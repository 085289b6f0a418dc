"""What all pages look at: which shop, which days, compared with what, which platforms, shops and channels.

Every choice stands in the address under an ASCII key, so a link sent to a colleague shows the same, and every choice
survives a change of page.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import get_args

import streamlit as st

import ecops
from ecops.messages import DateRange, Message, Term
from ecops.periods import ONE_DAY, Compare, Period, last_full_week, parse_period
from ecops.store import Data, TableInfo
from ui.parts.text import _, escape, plain, say
from ui.state import address, workspaces

SPANS = ("d28", "week", "d7", "d14", "month", "d90", "custom")
DIMENSIONS: Mapping[str, Term] = {
    "platform": Term(en="Platform", zh="平台"),
    "shop": Term(en="Shop", zh="店铺"),
    "channel": Term(en="Channel", zh="渠道"),
}
NAMES: Mapping[str, Term] = {
    "taobao": Term(en="Taobao", zh="淘宝"),
    "tmall": Term(en="Tmall", zh="天猫"),
    "douyin": Term(en="Douyin", zh="抖音"),
    "jd": Term(en="JD", zh="京东"),
    "pdd": Term(en="Pinduoduo", zh="拼多多"),
    "shopify": Term(en="Shopify", zh="Shopify"),
    "woocommerce": Term(en="WooCommerce", zh="WooCommerce"),
    "amazon": Term(en="Amazon", zh="亚马逊"),
    "web": Term(en="Own site", zh="官网"),
    "other": Term(en="Other", zh="其他"),
    "mobile": Term(en="Mobile", zh="移动端"),
    "desktop": Term(en="Desktop", zh="PC 端"),
}


@dataclass(frozen=True, slots=True)
class Scope:
    """The reader's choices, hashable, so that they can be part of a cache key.

    Attributes:
        period: the days looked at.
        compare: what they are compared with, see `ecops.periods.Compare`.
        where: (dimension, values) pairs; a dimension that is not named is not restricted.
    """

    period: Period
    compare: Compare
    where: tuple[tuple[str, tuple[str, ...]], ...] = ()

    @property
    def before(self) -> Period:
        """The days compared with."""
        return self.period.compared(self.compare)


def value_label(value: str) -> str:
    """A dimension value as people call it; what is not a word of ours is data and stays as it is."""
    return plain(NAMES[value]) if value in NAMES else plain(value) or _("not given")


def controls() -> None:
    """Draw the choices into the sidebar; the pages read them with `current`."""
    names = workspaces.names()
    _one("ws", _("Shop data"), names, workspaces.label)
    workspaces.new_shop()
    workspace = workspaces.current()
    last = last_day(workspace)
    if last is None:
        return
    _one("span", _("Dates"), SPANS, _span_label)
    if st.session_state["span"] == "custom":
        _dates(first_day(workspace) or last, last)
    else:
        address.publish("dates", [])
    _one("vs", _("Compared with"), get_args(Compare), _compare_label)
    for name, values in workspaces.answer(dimension_values).items():
        if name in DIMENSIONS and len(values) > 1:
            address.adopt_many(name, values)
            labels = {value: value_label(value) for value in values}
            st.multiselect(
                plain(DIMENSIONS[name]),
                values,
                format_func=labels.__getitem__,
                placeholder=_("All"),
                key=name,
                persist_state="session",
            )
            address.publish(name, st.session_state[name])


def _one(key: str, label: str, options: Sequence[str], named: Callable[[str], str]) -> None:
    """One choice of several; the first option is the default and does not stand in the address."""
    address.adopt_one(key, options, options[0])
    labels = {option: named(option) for option in options}
    st.selectbox(label, options, format_func=labels.__getitem__, key=key, persist_state="session")
    chosen = st.session_state[key]
    address.publish(key, [chosen] if chosen != options[0] else [])


def _dates(first: dt.date, last: dt.date) -> None:
    def read(told: list[str]) -> tuple[dt.date, dt.date] | None:
        try:
            period = parse_period(told[0])
        except ecops.EcopsError:
            return None
        return max(first, period.start), min(last, period.end)

    address.adopt("dates", (max(first, last - 27 * ONE_DAY), last), read)
    start, end = st.session_state["dates"][0], st.session_state["dates"][-1]
    if not first <= start <= end <= last:
        st.session_state["dates"] = (max(first, last - 27 * ONE_DAY), last)
    st.date_input(
        _("From and to"),
        min_value=first,
        max_value=last,
        key="dates",
        persist_state="session",
        format="YYYY-MM-DD",
    )
    chosen = st.session_state["dates"]
    address.publish("dates", [f"{chosen[0]}..{chosen[-1]}"] if chosen else [])


def current() -> Scope | None:
    """The choices as they stand; None while the workspace is empty."""
    workspace = workspaces.current()
    last = last_day(workspace)
    if last is None:
        return None
    state = st.session_state
    compare = state.get("vs") if state.get("vs") in get_args(Compare) else "previous"
    where = tuple((name, tuple(state[name])) for name in DIMENSIONS if state.get(name))
    return Scope(_period(str(state.get("span") or SPANS[0]), last), compare, where)


def _period(span: str, last: dt.date) -> Period:
    if span == "week":
        return last_full_week(last)
    if span == "month":
        end = last if (last + ONE_DAY).day == 1 else last.replace(day=1) - ONE_DAY
        return Period(end.replace(day=1), end)
    if span == "custom":
        dates = st.session_state.get("dates") or ()
        # While the reader has picked only the first day, that day alone is shown.
        if dates:
            return Period(dates[0], dates[-1])
    days = int(span[1:]) if span[1:].isdigit() else 28
    return Period(last - (days - 1) * ONE_DAY, last)


def _span_label(span: str) -> str:
    return {
        "week": _("Last full week"),
        "d7": _("Last 7 days"),
        "d14": _("Last 14 days"),
        "d28": _("Last 28 days"),
        "d90": _("Last 90 days"),
        "month": _("Last full month"),
        "custom": _("Other dates"),
    }[span]


def _compare_label(how: str) -> str:
    return {
        "previous": _("Period before"),
        "last_week": _("Same days last week"),
        "last_year": _("Same days last year"),
    }[how]


def last_day(workspace: ecops.Workspace) -> dt.date | None:
    """The last day any table with sales or traffic reaches, None while there is none."""
    return max((info.last_day for info in _dated(workspace)), default=None)


def first_day(workspace: ecops.Workspace) -> dt.date | None:
    """The first day of those tables."""
    return min((info.first_day for info in _dated(workspace)), default=None)


def _dated(workspace: ecops.Workspace) -> list[TableInfo]:
    tables = workspace.tables()
    told = [tables[name] for name in ("order_lines", "orders", "traffic_daily", "events") if name in tables]
    return [info for info in told if info.last_day is not None]


def dimension_values(data: Data) -> dict[str, list[str]]:
    """Dimension -> its values, most sales first; `DIMENSIONS` first, then those that only split."""
    rows = data.query(Path(__file__).with_name("scope_values.sql").read_text("utf-8")).to_pylist()
    names = dict.fromkeys((*DIMENSIONS, *(row["dimension"] for row in rows)))
    return {name: [row["value"] for row in rows if row["dimension"] == name] for name in names}


def has_rows(data: Data, *periods: Period) -> bool:
    """Whether sales, orders, traffic or events have a row in one of the periods."""
    sql = Path(__file__).with_name("scope_rows.sql").read_text("utf-8")
    return any(data.query(sql, {"start": days.start, "end": days.end}).to_pylist()[0]["found"] for days in periods)


def require_rows(scope: Scope, *periods: Period) -> None:
    """Stop the page when the filters alone leave it without a row: say which, and offer to clear them.

    Args:
        scope: the reader's choices.
        periods: what the page shows; the period and its comparison when none is given.
    """
    days = periods or (scope.period, scope.before)
    if not scope.where or workspaces.answer(has_rows, *days, where=scope.where):
        return
    if not workspaces.answer(has_rows, *days):
        return
    filters = " · ".join(restricted(scope))
    if len(scope.where) > 1:
        told = Message(
            "No row of these days or of the comparison meets all of these filters: {filters}.", filters=filters
        )
    else:
        told = Message("No row of these days or of the comparison meets this filter: {filters}.", filters=filters)
    st.markdown(f"**{say(told)}**")
    st.button(_("Clear the filters"), key="clear_filters", on_click=clear, type="primary")
    st.stop()


def clear() -> None:
    """Take all filters away (for callbacks of buttons)."""
    for name in DIMENSIONS:
        st.session_state[name] = []


def restricted(scope: Scope) -> list[str]:
    """Each filter in words, not escaped: the dimension and the values chosen."""
    return [
        f"{plain(DIMENSIONS[name])} {' / '.join(value_label(value) for value in values)}"
        for name, values in scope.where
    ]


def line(scope: Scope) -> None:
    """The small line under a title: period, comparison, what is restricted, how fresh the data is."""
    parts = [
        _(
            "{period}, compared with {before}",
            period=scope.period.range,
            before=scope.before.range,
        )
    ]
    parts += [escape(text) for text in restricted(scope)]
    last = last_day(workspaces.current())
    if last is not None:
        parts.append(_("data up to {day}", day=DateRange(last, last)))
    if workspaces.is_sample():
        parts.append(_("sample shop"))
    st.caption(" · ".join(parts))


def comparison_word(scope: Scope) -> str:
    """The comparison in a word, for cards."""
    return {
        "previous": _("vs before"),
        "last_week": _("vs last week"),
        "last_year": _("vs last year"),
    }[scope.compare]
