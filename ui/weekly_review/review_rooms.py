"""Folded under the review: other meetings, requests, checklists, products, the hand-over sheet, awards."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pandas as pd
import streamlit as st

from ecops.handbook import roles
from ecops.messages import Message, Money
from ecops.metrics.registry import metric
from ecops.review import Weekly
from ecops.review.meetings import checklists
from ecops.review.meetings.awards import awards
from ecops.review.meetings.handover import handover
from ecops.review.meetings.meeting import agenda, meetings
from ecops.review.meetings.requests import KINDS, Requests
from ui.parts import cites, errors, folds, tables
from ui.parts.tables import Shape
from ui.parts.text import _, joined, plain, say
from ui.state import workspaces
from ui.weekly_review import review_products
from ui.weekly_review.review_form import ACTOR


def show(review: Weekly) -> None:
    """One fold with six rooms; only the chosen one is worked out."""
    fold = folds.with_form(_("Other meetings, requests, checklists, products, hand-over to the warehouse"), "rooms")
    if fold is not None:
        with fold:
            _rooms(review)


@st.fragment
def _rooms(review: Weekly) -> None:
    rooms: dict[str, tuple[str, Callable[[Weekly], None]]] = {
        "meetings": (_("Meetings"), _meetings),
        "requests": (_("Requests"), _requests),
        "checklists": (_("Checklists"), _checklists),
        "products": (_("Products"), _products),
        "handover": (_("Hand-over"), _handover),
        "awards": (_("Awards"), _awards),
    }
    chosen = st.segmented_control(
        _("Room"), list(rooms), default="meetings", required=True, format_func=lambda key: rooms[key][0], key="room",
        label_visibility="collapsed",
    )  # fmt: skip
    with errors.explained():
        rooms[chosen][1](review)


def _meetings(review: Weekly) -> None:
    known = meetings()
    names = {key: f"{plain(one.label)} · {plain(one.every)}" for key, one in known.items()}
    key = st.selectbox(_("Which meeting?"), list(names), format_func=names.__getitem__, key="which_meeting", width=420)
    st.caption(_("With: {people}", people=joined(plain(roles()[role]) for role in known[key].people)))
    for place, told in enumerate(agenda(key, workspaces.tables(), review), 1):
        st.markdown(f"**{place}. {say(told.point.text)}**")
        for line in told.lines:
            st.markdown(f"- {say(line)}")
        if not told.lines:
            st.caption(_("Brought by the people in the room.") if not told.point.looks else _("Nothing to report."))


def _requests(review: Weekly) -> None:
    del review
    pool = Requests(workspaces.current().state)
    for one in pool.open():
        told, done = st.columns([8, 2], vertical_alignment="center")
        told.markdown(f"- {say(one.sentence)}")
        done.button(_("Settled"), key=f"settle_{one.id}", on_click=_settle, args=(one.id,), width="stretch")
    if not pool.open():
        st.caption(_("Nobody waits for anything."))
    owners = {key: plain(role) for key, role in roles().items()}
    kinds = {key: plain(label) for key, label in KINDS.items()}
    with st.form("new_request", border=False, enter_to_submit=False, clear_on_submit=True):
        st.text_input(_("What is needed, or what was seen?"), key="request_title", max_chars=200)
        kind, by, of, due = st.columns(4)
        kind.selectbox(_("Kind"), list(kinds), format_func=kinds.__getitem__, key="request_kind")
        by.selectbox(_("Asked by"), list(owners), format_func=owners.__getitem__, key="request_by")
        of.selectbox(_("Asked of"), list(owners), 2, format_func=owners.__getitem__, key="request_of")
        due.date_input(_("Wanted by"), value=None, key="request_due", format="YYYY-MM-DD")
        st.form_submit_button(_("Add it to the pool"), on_click=_ask)


def _ask() -> None:
    said = {name: st.session_state[f"request_{name}"] for name in ("title", "kind", "by", "of", "due")}
    with errors.kept():
        Requests(workspaces.current().state).add(
            ACTOR, said["title"], said["kind"], said["by"], said["of"], said["due"]
        )


def _settle(request: str) -> None:
    with errors.kept():
        Requests(workspaces.current().state).settle(ACTOR, request)


def _checklists(review: Weekly) -> None:
    workspace = workspaces.current()
    found = checklists.countdown(workspaces.tables(), review.today)
    running = [*([found] if found else []), *checklists.begun(workspace.state)]
    if found is None:
        st.caption(_("The calendar names no promotion in the next 60 days."))
    for one in running:
        done = sum(item.done for item in one.items)
        name = say(one.name)
        st.markdown(f"**{name}** · {_('{n} of {all} points are ready', n=done, all=len(one.items))}")
        for item in one.items:
            late = "" if item.done or item.due > review.today else " :material/schedule:"
            judged = f" ({joined(plain(metric(key).label) for key in item.kpis)})" if item.kpis else ""
            st.checkbox(
                f"{say(item.due)} · {say(roles()[item.role])} · {say(item.text)}{judged}{late}",
                value=item.done,
                key=f"tick_{one.subject}_{item.place}",
                on_change=_tick,
                args=(one.subject, item.place),
            )
        if one is not found:
            st.button(
                _("Put it away"), key=f"close_{one.subject}", on_click=_close, args=(one.subject,), type="tertiary"
            )
    if found is not None:
        cites.show(checklists.cites())
    others = {key: plain(one.label) for key, one in checklists.checklists().items() if one.kind != "countdown"}
    left, right = st.columns([3, 1], vertical_alignment="bottom")
    key = left.selectbox(_("Begin a plan or a procedure"), list(others), format_func=others.__getitem__, key="new_list")
    right.button(_("Begin"), key="begin_list", on_click=_begin, args=(key, review.today), width="stretch")


def _tick(subject: str, place: int) -> None:
    with errors.kept():
        checklists.tick(
            workspaces.current().state, subject, place, ACTOR, done=bool(st.session_state[f"tick_{subject}_{place}"])
        )


def _close(subject: str) -> None:
    with errors.kept():
        checklists.close(workspaces.current().state, subject, ACTOR)


def _begin(key: str, day: dt.date) -> None:
    with errors.kept():
        checklists.begin(workspaces.current().state, key, day, ACTOR)


def _products(review: Weekly) -> None:
    review_products.show(review)


def _handover(review: Weekly) -> None:
    del review
    found = workspaces.answer(handover)
    st.markdown(f"**{say(found.sentence)}**")
    if not found.orders:
        return
    shapes = {
        "platform": Shape(_("Platform")),
        "sku": Shape(_("Product")),
        "title": Shape(_("Title")),
        "quantity": Shape(_("Units"), "count"),
        "orders": Shape(_("Orders"), "count"),
        "due_first": Shape(_("First to leave by"), "time"),
        "late": Shape(_("Units past their time"), "count"),
    }
    tables.show(found.table, "handover", shapes, download=f"ecops_handover_{found.asked:%Y-%m-%d}")
    st.caption(
        _("Due: as the platform promised, else 48 hours after payment. Platforms that report no shipping are left out.")
    )


def _awards(review: Weekly) -> None:
    found = awards(review.followups)
    if not found:
        st.caption(_("No action came into force in the last weeks. Turn a finding below into one."))
        return
    first = found[0]
    if first.proven:
        st.markdown(
            _(
                "**Best by proof: {who}**, {n} proven actions, {money} a week",
                who=roles()[first.owner],
                n=first.proven,
                money=Money(first.money, review.currency),
            )
        )
    table = pd.DataFrame(
        {
            "owner": [plain(roles()[one.owner]) for one in found],
            "in_force": [one.in_force for one in found],
            "on_time": [plain(Message("{n} of {all}", n=one.on_time, all=one.due)) for one in found],
            "proven": [one.proven for one in found],
            "money": [one.money for one in found],
        }
    )
    shapes = {
        "owner": Shape(_("Owner")),
        "in_force": Shape(_("In force"), "count"),
        "on_time": Shape(_("On time"), "figure"),
        "proven": Shape(_("Proven"), "count"),
        "money": Shape(_("Proven money a week"), "money"),
    }
    tables.show(table, "awards", shapes, review.currency)
