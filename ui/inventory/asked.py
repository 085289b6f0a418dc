"""What the stock page is asked, and its answer: which day, which promise, which rule."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import streamlit as st

from ecops.errors import DataError
from ecops.finding import Finding
from ecops.inventory import view
from ecops.inventory.analysis import Stock
from ecops.inventory.policies.rules import rules
from ecops.inventory.spec import Spec
from ecops.messages import DateRange, Message
from ui.inventory import planned
from ui.parts import empty
from ui.parts.text import _, plain, say
from ui.state import address, scope, workspaces

NEEDED = ("inventory_snapshots", "order_lines")
TARGETS = (0.8, 0.85, 0.9, 0.95, 0.98, 0.99)
ORDER_DAYS = (7, 14, 21, 28, 42, 56)
_OPEN = 3
"""Notes that are open; the figures must not slip down the page."""


@dataclass(frozen=True)
class Asked:
    """One question and its answer.

    Attributes:
        stock: the answer.
        base: the answer as it was before anybody moved a slider.
        spec: what was chosen.
        today: the day looked at; None for the last one there is.
        longer: days that suppliers take longer, as the reader supposes.
    """

    stock: Stock
    base: Stock
    spec: Spec
    today: dt.date | None
    longer: int


EXAMPLE = (
    {"日期": "2026-11-15", "商家编码": "NW-B01", "仓库": "杭州仓", "在库数量": "0", "在途数量": "300"},
    {"日期": "2026-11-15", "商家编码": "NW-B02", "仓库": "杭州仓", "在库数量": "195", "在途数量": "0"},
)
"""Two rows of the stock report most readers know."""


def ask() -> Asked | None:
    """The answer for the reader's choices; teach and return None when there is nothing to answer from."""
    chosen = scope.current()
    if chosen is None or not workspaces.answer(has_sales):
        empty.show(Message("There are no orders with products yet, so no demand is known."), NEEDED[::-1], EXAMPLE)
        return None
    today = chosen.period.end if st.session_state.get("span") == "custom" else None
    spec, longer = read()
    try:
        base = workspaces.answer(view.stock, Spec(), today)
        stock = workspaces.answer(view.stock, spec, today)
    except DataError as error:
        empty.show(error.what, NEEDED[::-1], EXAMPLE)
        return None
    return Asked(stock, base, spec, today, longer)


def has_sales(data: object) -> bool:
    """Whether there are order lines, for `workspaces.answer`."""
    return bool(data.has("order_lines"))  # type: ignore[attr-defined]


def read() -> tuple[Spec, int]:
    """The choices as they stand in the reader's session or address."""
    address.adopt_one("itarget", [str(value) for value in TARGETS], "0.95")
    address.adopt_one("idays", [str(value) for value in ORDER_DAYS], "14")
    address.adopt_one("irule", list(rules()), "learned")
    state = st.session_state
    spec = Spec(
        target=float(state["itarget"]),
        rule=str(state["irule"]),
        order_days=float(state["idays"]),
        plans=planned.plans(),
        with_lightgbm=bool(state.get("itrees", False)),
    )
    return spec, int(state.get("ilonger", 0))


def choices(asked: Asked) -> None:
    """The sliders: what is promised, which rule orders, how much at once, and what if suppliers slow down."""
    labels = {key: plain(rule.label) for key, rule in rules(asked.stock.spec.thresholds).items()}
    with st.container(horizontal=True, gap="medium", vertical_alignment="bottom"):
        st.select_slider(
            _("Cycles without a stock-out"),
            [str(value) for value in TARGETS],
            format_func=lambda value: f"{float(value):.0%}",
            key="itarget",
            persist_state="session",
            width=260,
            help=_(
                "The share of replenishment cycles that shall end without a stock-out. Each further nine is dearer."
            ),
        )
        st.select_slider(
            _("Days of sales in one order"),
            [str(value) for value in ORDER_DAYS],
            key="idays",
            persist_state="session",
            width=220,
        )
        st.slider(_("Suppliers take longer by (days)"), 0, 14, 0, key="ilonger", width=220)
        st.selectbox(
            _("Rule that orders"),
            list(labels),
            format_func=labels.__getitem__,
            key="irule",
            persist_state="session",
            width=220,
        )
        st.toggle(
            _("Average in LightGBM"),
            key="itrees",
            persist_state="session",
            help=_(
                "Boosted trees over all products, averaged into the forecast if they were less wrong on your own past; "
                "some seconds for the first time."
            ),
        )
    for key, default in (("itarget", "0.95"), ("idays", "14"), ("irule", "learned")):
        chosen = str(st.session_state[key])
        address.publish(key, [chosen] if chosen != default else [])


def line(asked: Asked) -> None:
    """The small line under the title: which day, how many products, what is left out."""
    day = asked.stock.today
    parts = [
        _("stock on {day}", day=DateRange(day, day)),
        _("{n} products", n=len(asked.stock.table)),
    ]
    if workspaces.is_sample():
        parts.append(_("sample shop"))
    st.caption(" · ".join(parts))
    chosen = scope.current()
    if chosen is not None and chosen.where:
        st.caption(
            _("Stock is held for the whole shop, so the filters of platform, shop and channel do not apply here.")
        )


def notes(asked: Asked) -> None:
    """What was assumed or left out."""
    told = asked.stock.notes
    for note in told[:_OPEN]:
        st.caption(say(note))
    if rest := told[_OPEN:]:
        fold = st.expander(_("{n} more things that were assumed or left out", n=len(rest)), key="stock_notes")
        for note in rest:
            fold.caption(say(note))


def told(asked: Asked) -> tuple[Finding, ...]:
    """The findings of the day."""
    found: tuple[Finding, ...] = workspaces.answer(view.told, Spec(), asked.today)
    return found
