"""The handbooks' parameters: found by a word, changed with a reason, every change kept."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from ecops import handbook
from ecops.handbook import Cited, Parameter
from ecops.handbook.catalogue import AREAS, matches
from ecops.messages import Message
from ecops.review.readers import readers
from ui.parts import cards, errors, tables
from ui.parts.tables import Shape
from ui.parts.text import _, joined, plain, say
from ui.settings.parts import ACTOR
from ui.state import address, workspaces


def show() -> None:
    """The verdict, what is asked for, the form of one, presets, history."""
    shop = workspaces.current()
    every = handbook.cited(list(handbook.parameters()), shop)
    own = sum(one.own for one in every)
    as_of = every[0].parameter.as_of
    cards.verdict(
        Message("{own} of {n} parameters are your own.", own=own, n=len(every))
        if own
        else Message("All {n} parameters are those of the handbooks, dated {day}.", n=len(every), day=as_of)
    )
    st.caption(_("None of them is a fact about your shop: each is a starting value. A change holds for every page."))
    wanted = _wanted(every)
    if not wanted:
        st.caption(_("No parameter is called so."))
        return
    _table(wanted)
    _form(wanted)
    _presets(every)
    _history()


def _wanted(every: Sequence[Cited]) -> list[Cited]:
    """Those that are asked for: by a link, by a word, by area."""
    address.adopt("p", "", lambda told: told[0])
    linked = [key for key in str(st.session_state["p"]).split(",") if key in handbook.parameters()]
    if linked:
        address.publish("p", [",".join(linked)])
        st.button(_("Show all parameters"), key="settings_all", on_click=_forget, icon=":material/list:")
        return [one for one in every if one.parameter.key in linked]
    address.publish("p", [])
    with st.container(horizontal=True, gap="small"):
        word = st.text_input(
            _("Search"),
            key="sq",
            placeholder=_("A name, key or handbook, such as supplier"),
            width=340,
        )
        areas = ["", *AREAS]
        names = {area: plain(AREAS[area]) if area else _("All areas") for area in areas}
        area = st.selectbox(_("Area"), areas, format_func=names.__getitem__, key="settings_area", width=220)
        mine = st.toggle(_("Only my own"), key="settings_mine")
    return [
        one
        for one in every
        if matches(one.parameter, word) and area in ("", one.parameter.area) and (one.own or not mine)
    ]


def _forget() -> None:
    st.session_state["p"] = ""


def _table(told: Sequence[Cited]) -> None:
    decides = readers()
    rows = pd.DataFrame(
        [
            {
                "area": plain(AREAS[one.parameter.area]),
                "label": plain(one.parameter.label),
                "value": plain(one.parameter.figure(one.value)),
                "unit": plain(one.parameter.unit_label),
                "handbook_value": plain(one.parameter.figure(one.parameter.value)),
                "handbook": _plain("{handbook}, row {row}", one.parameter),
                "as_of": one.parameter.as_of,
                "own": plain(one.source) if one.source else (_("your own") if one.own else "—"),
                "decides": joined(plain(label) for label in decides.get(one.parameter.key, ())) or "—",
                "key": one.parameter.key,
            }
            for one in told
        ]
    )
    tables.show(
        rows,
        "settings_parameters",
        {
            "label": Shape(_("Parameter")),
            "value": Shape(_("Value"), "figure"),
            "handbook_value": Shape(_("In the handbook"), "figure"),
            "unit": Shape(_("Unit")),
            "handbook": Shape(_("Handbook and row")),
            "as_of": Shape(_("Handbook of")),
            "own": Shape(_("Source of the value")),
            "decides": Shape(_("Decides"), help=_("The page that reads it.")),
            "area": Shape(_("Area")),
            "key": Shape(_("Key")),
        },
        download="ecops_parameters",
    )


def _plain(sentence: str, entry: Parameter) -> str:
    return plain(Message(sentence, handbook=entry.source, row=entry.row))


def _form(told: Sequence[Cited]) -> None:
    """One parameter at a time: its value, why, and where the value comes from."""
    st.subheader(_("Change a parameter"), anchor=False)
    by_key = {one.parameter.key: one for one in told}
    names = {key: plain(one.parameter.label) for key, one in by_key.items()}
    if st.session_state.get("settings_key") not in by_key:
        st.session_state["settings_key"] = next(iter(by_key))
    key = str(
        st.selectbox(
            _("Parameter"),
            list(by_key),
            format_func=names.__getitem__,
            key="settings_key",
        )
    )
    one = by_key[key]
    entry, share = one.parameter, one.parameter.unit == "rate"
    with st.form(f"settings_form_{key}", border=True, enter_to_submit=False):
        left, middle, right = st.columns([2, 3, 3])
        with left:
            # A new value makes a new box: what stood in the old one is history.
            st.number_input(
                _("Value ({unit})", unit=entry.unit_label),
                value=float(one.value * 100 if share else one.value),
                step=1.0 if not share and entry.value == int(entry.value) else 0.1,
                format="%g",
                key=f"settings_value_{key}_{one.value}",
            )
        with middle:
            st.text_input(_("Why?"), key=f"settings_reason_{key}", max_chars=200)
        with right:
            st.text_input(_("Where does the value come from?"), key=f"settings_source_{key}", max_chars=200)
        st.caption(say(one.told))
        with st.container(horizontal=True, gap="small"):
            st.form_submit_button(_("Change it"), type="primary", on_click=_change, args=(key, one.value))
            st.form_submit_button(_("Back to the handbook"), on_click=_reset, args=(key,), disabled=not one.own)


def _change(key: str, shown: float) -> None:
    state, share = st.session_state, handbook.parameters()[key].unit == "rate"
    value = float(state[f"settings_value_{key}_{shown}"])
    with errors.kept("settings"):
        handbook.set(
            key,
            round(value / 100, 8) if share else value,
            workspaces.current(),
            reason=str(state[f"settings_reason_{key}"]),
            source=str(state[f"settings_source_{key}"]),
            actor=ACTOR,
        )
        state[f"settings_reason_{key}"] = state[f"settings_source_{key}"] = ""


def _reset(key: str) -> None:
    with errors.kept("settings"):
        reason = str(st.session_state[f"settings_reason_{key}"])
        handbook.reset(key, workspaces.current(), reason=reason, actor=ACTOR)


def _presets(every: Sequence[Cited]) -> None:
    """Values of a trade, side by side with what holds now."""
    with st.expander(_("Starting values of a trade"), key="settings_presets"):
        found = handbook.presets()
        names = {key: plain(preset.label) for key, preset in found.items()}
        chosen = str(
            st.selectbox(_("Trade"), list(names), format_func=names.__getitem__, key="settings_preset", width=340)
        )
        now = {one.parameter.key: one for one in every}
        preset = found[chosen]
        rows = [f"| {_('Parameter')} | {_('Now')} | {_('Then')} |", "|:--|--:|--:|"]
        for key, value in preset.numbers.items():
            entry = now[key].parameter
            rows.append(f"| {say(entry.label)} | {say(entry.written(now[key].value))} | {say(entry.written(value))} |")
        st.markdown("\n".join(rows))
        st.caption(_("Source: {source}.", source=preset.source))
        st.button(_("Take these values"), key="settings_adopt", on_click=_adopt, args=(chosen,))


def _adopt(preset: str) -> None:
    with errors.kept("settings"):
        handbook.adopt(preset, workspaces.current(), actor=ACTOR)


def _history() -> None:
    """Who changed what, when and why."""
    changes = handbook.history(workspaces.current())
    with st.expander(_("What was changed ({n})", n=len(changes)), key="settings_history"):
        if not changes:
            st.caption(_("Nothing was changed yet."))
            return
        known = handbook.parameters()
        rows = pd.DataFrame(
            [
                {
                    "at": change.at.replace(tzinfo=None),
                    "label": plain(known[change.key].label),
                    "value": _("back to the handbook")
                    if change.value is None
                    else plain(known[change.key].written(change.value)),
                    "reason": plain(change.reason),
                    "source": plain(change.source),
                    "actor": change.actor,
                }
                for change in changes
            ]
        )
        tables.show(
            rows,
            "settings_changes",
            {
                "at": Shape(_("When (UTC)"), "time"),
                "label": Shape(_("Parameter")),
                "value": Shape(_("Value"), "figure"),
                "reason": Shape(_("Why?")),
                "source": Shape(_("Source of the value")),
                "actor": Shape(_("Who")),
            },
            download="ecops_parameter_changes",
        )
