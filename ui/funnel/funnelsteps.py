"""Which funnel is asked of an event log: its steps, the time allowed, and what the shop's own events mean."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import streamlit as st

from ecops.funnel import FunnelSpec, presets
from ecops.funnel.reading import logs
from ecops.funnel.reading.own import ALL_STEPS, NO_STEP, OPTIONAL, Own, Words, unused
from ecops.funnel.spec import known_steps
from ecops.messages import Count, Message
from ui.parts import errors
from ui.parts.text import _, clean, plain, say
from ui.state import address, workspaces
from ui.state.scope import Scope

ACTOR = "app"
MINE = "mine"
_SAVED = "saved:"
_WINDOWS = ("7d", "1d", "30d", "none")
_ORDERS = ("ordered", "any")
_ASKED = 12
"""Events whose meaning is asked, the most frequent first."""


def own() -> Own:
    """What the people of the chosen shop said about its steps."""
    return Own(workspaces.current().state)


def choices(chosen: Scope) -> tuple[FunnelSpec | None, Words]:
    """Draw the choices of a log; the funnel they ask for (None when no two steps are known) and what events mean."""
    mine = own()
    words, saved = mine.words(), mine.funnels()
    whole = workspaces.answer(logs.step_choices, words, where=chosen.where)
    with st.container(horizontal=True, gap="small"):
        picked = select("fsteps_events", _("Steps"), (*whole, *(_SAVED + name for name in saved), MINE), _labels(saved))
        window = select("fwin", _("Time allowed"), _WINDOWS, _windows())
        orders = {"ordered": _("one after the other"), "any": _("in any order")}
        order = select("ford", _("Order of the steps"), _ORDERS, orders)
    matured = _matured()
    steps = (
        saved[picked.removeprefix(_SAVED)]
        if picked.startswith(_SAVED)
        else _chosen(chosen)
        if picked == MINE
        else picked
    )
    if not steps:
        return None, words
    spec = workspaces.answer(
        logs.event_spec,
        steps,
        None if window == "none" else window,
        order,
        words,
        where=chosen.where,
        matured_only=matured and window != "none",
    )
    return spec, words


def select(key: str, label: str, options: Sequence[str], labels: dict[str, str]) -> str:
    """One choice that stands in the address; the first option is the usual one."""
    address.adopt_one(key, options, options[0])
    st.selectbox(label, options, format_func=labels.__getitem__, key=key, persist_state="session", width=320)
    chosen = str(st.session_state[key])
    address.publish(key, [chosen] if chosen != options[0] else [])
    return chosen


def _labels(saved: dict[str, str]) -> dict[str, str]:
    return {
        ALL_STEPS: _("Every step that is reported"),
        **{key: plain(entry.label) for key, entry in presets().items()},
        **{_SAVED + name: clean(name) for name in saved},
        MINE: _("Steps I choose"),
    }


def _windows() -> dict[str, str]:
    return {"7d": _("7 days"), "1d": _("1 day"), "30d": _("30 days"), "none": _("no limit")}


def _matured() -> bool:
    return st.toggle(
        _("Only people who had the whole time"),
        key="fmatured",
        help=_("Leaves out who came so late that the time allowed is not over yet; they would look like lost orders."),
    )


def _chosen(chosen: Scope) -> str:
    """The events that the reader puts in order herself, and the box that keeps them under a name."""
    events = sorted(workspaces.answer(logs.events_in, where=chosen.where))
    steps = st.multiselect(
        _("Events in the order of the steps"), events, format_func=clean, key="fown", persist_state="session"
    )
    loose = st.multiselect(
        _("Steps that people may leave out"), steps[1:-1], format_func=clean, key="fown_loose", persist_state="session"
    )
    if len(steps) < 2:
        st.caption(_("Choose two events or more, the first step first."))
        return ""
    asked = [event + OPTIONAL if event in loose else event for event in steps]
    if not workspaces.is_sample():
        with st.container(horizontal=True, gap="small", vertical_alignment="bottom"):
            st.text_input(_("Name of this funnel"), key="fown_name", max_chars=60, width=320)
            st.button(_("Keep it"), key="fown_save", on_click=_save, args=(asked,))
        errors.told("funnel")
    return ",".join(asked)


def _save(steps: list[str]) -> None:
    with errors.kept("funnel"):
        name = str(st.session_state["fown_name"]).strip()
        own().save(ACTOR, name, steps)
        st.session_state["fsteps_events"] = _SAVED + name


def meanings(chosen: Scope, spec: FunnelSpec | None, words: Words) -> None:
    """What the events of the log are that are no step of the funnel: counted, named, and asked about."""
    counts = workspaces.answer(_event_counts, where=chosen.where)
    told = [event for event, _step in words if event in counts]
    steps = {event for step in spec.steps for event in step.events} if spec is not None else set(told)
    rest = unused(counts, steps, words)
    if not rest and not told:
        return
    title = _("{n} kinds of events are no step: say what they are", n=len(rest)) if rest else _("What events mean")
    with st.expander(title, key="meanings", expanded=spec is None):
        if workspaces.is_sample():
            st.caption(_("The sample shop stays as it is. In a shop of your own you say here what each event means."))
        for event in [*told, *(event for event, _count in rest)][:_ASKED]:
            _meaning(event, counts[event], dict(words).get(event, ""))
        if len(rest) > _ASKED:
            st.caption(_("and {n} rarer ones", n=len(rest) - _ASKED))


def _event_counts(data: Any) -> dict[str, int]:
    return dict(logs.shop_log(data).event_counts)


def _meaning(event: str, count: int, step: str) -> None:
    labels = {
        "": _("not said yet"),
        NO_STEP: _("no step of a funnel"),
        **{name: plain(known.term) for name, known in known_steps().items()},
    }
    key = f"meaning_{event}"
    st.selectbox(
        say(Message("{event}: {n} times", event=event, n=Count(count))),
        list(labels),
        list(labels).index(step),
        format_func=labels.__getitem__,
        key=key,
        disabled=workspaces.is_sample(),
        on_change=_named,
        args=(event, key),
        width=480,
    )


def _named(event: str, key: str) -> None:
    with errors.kept():
        own().name(ACTOR, event, str(st.session_state[key]))
