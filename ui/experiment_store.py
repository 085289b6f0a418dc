"""The register of the chosen workspace; that of the sample shop holds what its people wrote down."""

from __future__ import annotations

import datetime as dt
import functools
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import streamlit as st

from ecops.experiments.register import Register, Trial
from ecops.messages import Term
from ui import workspaces
from ui.text import clean, plain

ACTOR = "app"
_SAMPLE = Path(__file__).with_name("experiment_sample.toml")


@functools.cache
def _sample() -> Mapping[str, dict[str, Any]]:
    return tomllib.loads(_SAMPLE.read_text("utf-8"))


def register() -> Register:
    """The register of the chosen workspace; that of the sample shop is filled when it is first opened."""
    found = Register(workspaces.current().state)
    if workspaces.is_sample():
        _fill(str(workspaces.current().folder), found)
    return found


@st.cache_resource(max_entries=4, show_spinner=False)
def _fill(folder: str, _register: Register) -> str:
    for name, told in _sample().items():
        if _register.trial(name) is not None:
            continue
        known = {key: value for key, value in told.items() if key not in {"hypothesis", "looks"}}
        _register.write(name, "sample", hypothesis=told["hypothesis"]["zh"], goal="conversion", **known)
        for users, day, verdict in told["looks"]:
            _register.look(name, "sample", users, verdict, dt.date.fromisoformat(day))
    return folder


def hypothesis(trial: Trial | None) -> str:
    """Why the change should work, as plain text; the sample shop's in the reader's language."""
    if trial is None:
        return ""
    if workspaces.is_sample() and trial.name in _sample():
        words = _sample()[trial.name]["hypothesis"]
        return plain(Term(en=words["en"], zh=words["zh"]))
    return clean(trial.hypothesis)
