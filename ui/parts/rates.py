"""The rates that net profit rests on: shown wherever it stands, each marked, and set by whoever may see costs."""

from __future__ import annotations

import math
from collections.abc import Iterable

import pandas as pd
import streamlit as st

from ecops import door
from ecops.metrics import Kpi
from ecops.metrics.daily import NAMES
from ecops.metrics.money import rates as known
from ui.parts import errors, folds, tables
from ui.parts.tables import Shape
from ui.parts.text import _, plain, say
from ui.state import workspaces


def may_see() -> bool:
    """Whether whoever looks may see what is worked out from costs."""
    return door.may_see(["products.cost"], door.reader())


def told(shown: Iterable[Kpi]) -> None:
    """What the shown figures rest on, each rate with where it comes from."""
    for sentence in dict.fromkeys(sentence for kpi in shown for sentence in kpi.basis):
        st.caption(say(sentence))


def box(place: str) -> None:
    """The rates of each platform with their origin, and a form to set them; nothing for who may not see costs."""
    if not may_see():
        return
    folded = folds.with_form(_("Rates behind the net margin"), f"rates_{place}")
    if folded is None:
        return
    with folded:
        found = workspaces.answer(known.shop_rates)
        if not found:
            st.caption(_("There are no sales yet."))
            return
        _table(found, place)
        if workspaces.is_sample():
            st.caption(_("The sample shop cannot be changed; in a shop of your own a form stands here."))
        else:
            _form(place, tuple(dict.fromkeys(rate.platform for rate in found)))
        errors.told(f"rates_{place}")


def _table(found: tuple[known.Rate, ...], place: str) -> None:
    currency = workspaces.current().currency
    rows = pd.DataFrame(
        {
            "place": [_platform(rate.platform) for rate in found],
            "kind": [plain(rate.kind.label) for rate in found],
            "rate": [
                _("the spend itself") if math.isnan(rate.value) else plain(rate.kind.written(rate.value, currency))
                for rate in found
            ],
            "origin": [plain(known.WORDS[rate.source]) for rate in found],
        }
    )
    shapes = {
        "place": Shape(_("Platform")),
        "kind": Shape(_("Cost")),
        "rate": Shape(_("Cost rate"), "figure"),
        "origin": Shape(_("Where it comes from")),
    }
    tables.show(rows, f"rates_table_{place}", shapes)


def _platform(name: str) -> str:
    return _("All platforms") if name == known.EVERYWHERE else plain(NAMES.get(name, name)) or "—"


def _form(place: str, platforms: tuple[str, ...]) -> None:
    places = {name: _platform(name) for name in (known.EVERYWHERE, *platforms)}
    costs = {key: plain(kind.label) for key, kind in known.kinds().items()}
    with st.form(f"rates_form_{place}", border=False), st.container(horizontal=True, vertical_alignment="bottom"):
        st.selectbox(_("Platform"), list(places), format_func=places.__getitem__, key=f"rate_place_{place}", width=160)
        st.selectbox(_("Cost"), list(costs), format_func=costs.__getitem__, key=f"rate_kind_{place}", width=200)
        st.number_input(
            _("Rate (per cent, or money an order)"), min_value=0.0, step=0.5, key=f"rate_value_{place}", width=180
        )
        st.form_submit_button(_("Set the rate"), on_click=_save, args=(place, False))
        st.form_submit_button(_("Take my rate back"), on_click=_save, args=(place, True))


def _save(place: str, back: bool) -> None:
    chosen, kind, value = (st.session_state[f"rate_{part}_{place}"] for part in ("place", "kind", "value"))
    share = known.kinds()[kind].unit == "share"
    with errors.kept(f"rates_{place}"):
        known.set_rate(
            workspaces.current(), chosen, kind, None if back else float(value) / (100 if share else 1), "page"
        )
