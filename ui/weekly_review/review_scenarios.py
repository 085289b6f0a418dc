"""What-if states with a name: saved beside the sliders, compared and taken along on the weekly review."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import NamedTuple

import pandas as pd
import streamlit as st

from ecops.errors import EcopsError
from ecops.periods import Period
from ecops.review import Scenario, Scenarios
from ecops.review.decisions.scenarios import MOST, STEP_RATE, Row, compare, from_json, to_json
from ui.parts import errors, tables
from ui.parts.tables import Shape
from ui.parts.text import _, plain
from ui.state import workspaces
from ui.state.scope import Scope

ACTOR = "app"
_PLACE = "_scenarios"
_LARGEST = 1
"""Megabytes of a file of scenarios."""


def results(base: float, scenario: float, low: float, high: float) -> dict[str, float]:
    """What a what-if came to, as a `Scenario` keeps it: an interval only where it is known."""
    known = {"low": low, "high": high} if math.isfinite(low) and math.isfinite(high) else {}
    return {"base": base, "scenario": scenario, **known}


def of_factors(changes: Mapping[str, float], chosen: Scope, results: Mapping[str, float], currency: str) -> None:
    """The control beside the sliders of the overview: factors of GMV, changed by shares."""
    moved = {name: value for name, value in changes.items() if value}
    _keep("overview", _State(chosen.period, moved, results, currency, _part(chosen)))


def of_step(
    points: float, subject: Mapping[str, str], chosen: Scope, results: Mapping[str, float], currency: str
) -> None:
    """The control beside the slider of the funnel: the rate of one step, raised by points in one part of the shop."""
    values = {STEP_RATE: points} if points else {}
    _keep("funnel", _State(chosen.period, values, results, currency, {**_part(chosen), **subject}))


def _part(chosen: Scope) -> dict[str, str]:
    """The part of the shop that the page looks at."""
    return {name: " + ".join(plain(value) for value in values) for name, values in chosen.where}


class _State(NamedTuple):
    """A `Scenario` without its name and page."""

    period: Period
    levers: Mapping[str, float]
    results: Mapping[str, float]
    currency: str
    subject: Mapping[str, str]


def _keep(page: str, state: _State) -> None:
    """A name and a button; off while nothing was moved."""
    errors.told(_PLACE)
    with st.popover(
        _("Save this what-if"), key=f"scenario_{page}", icon=":material/bookmark_add:", disabled=not state.levers
    ):
        st.text_input(_("Name of the scenario"), key=f"scenario_name_{page}", max_chars=60)
        st.button(_("Save"), key=f"scenario_save_{page}", on_click=_save, args=(page, state))
        st.caption(_("At most {most} are kept; they stand side by side on the weekly review.", most=MOST))


def _save(page: str, state: _State) -> None:
    with errors.kept(_PLACE):
        name = str(st.session_state[f"scenario_name_{page}"]).strip()
        Scenarios(workspaces.current().state).save(ACTOR, Scenario(name, page, *state))
        st.toast(_("The scenario is saved. You find it on the weekly review."))


def section() -> None:
    """The saved scenarios side by side; delete, download, upload."""
    workspace = workspaces.current()
    saved = Scenarios(workspace.state).all()
    with st.expander(_("What-if scenarios side by side ({n})", n=len(saved)), expanded=bool(saved), key="scenarios"):
        errors.told(_PLACE)
        if not saved:
            st.caption(_("None yet. Move the sliders under What if on the overview or the funnel page, and save them."))
        sound = []
        for scenario in saved:
            try:
                scenario.check(workspace.currency)
            except EcopsError as error:
                errors.show(error)
            else:
                sound.append(scenario)
        if sound:
            _side_by_side(compare(sound[:MOST]), sound[:MOST])
        with st.container(horizontal=True, gap="small"):
            for place, scenario in enumerate(saved):
                label = _("Delete {name}", name=scenario.name)
                icon = ":material/delete:"
                st.button(label, f"scenario_drop_{place}", on_click=_drop, args=(scenario.name,), icon=icon)
            if saved:
                _download(saved)
        _upload()


def _side_by_side(rows: tuple[Row, ...], scenarios: list[Scenario]) -> None:
    columns = {f"s{place}": scenario.name for place, scenario in enumerate(scenarios)}
    table = pd.DataFrame(
        [
            {"line": plain(row.label)}
            | {key: "—" if cell is None else plain(cell) for key, cell in zip(columns, row.cells, strict=True)}
            for row in rows
        ]
    )
    shapes = {"line": Shape(_("If"))} | {key: Shape(plain(name), "figure") for key, name in columns.items()}
    tables.show(table, "scenarios_table", shapes)


def _download(saved: tuple[Scenario, ...]) -> None:
    workspace = workspaces.current()

    def made() -> bytes:
        workspace.record("export", {"scenarios": len(saved)}, actor=ACTOR)
        return to_json(saved).encode()

    st.download_button(
        _("Download as JSON"), made, "ecops_scenarios.json", "application/json", key="scenarios_json",
        on_click="ignore", icon=":material/download:",
    )  # fmt: skip


def _upload() -> None:
    st.file_uploader(
        _("Upload scenarios (JSON)"),
        type="json",
        key="scenarios_file",
        on_change=_take,
        max_upload_size=_LARGEST,
    )


def _take() -> None:
    file = st.session_state.get("scenarios_file")
    if file is None:
        return
    workspace = workspaces.current()
    with errors.kept(_PLACE):
        scenarios = from_json(file.getvalue())
        for scenario in scenarios:
            scenario.check(workspace.currency)
        Scenarios(workspace.state).save(ACTOR, *scenarios)
        st.toast(_("{n} scenarios taken over.", n=len(scenarios)))


def _drop(name: str) -> None:
    with errors.kept(_PLACE):
        Scenarios(workspaces.current().state).remove(ACTOR, name)
