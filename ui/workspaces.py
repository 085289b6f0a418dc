"""Which shop is looked at: the sample shop, or one of the reader's own. One shop is one workspace, one folder."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Hashable
from pathlib import Path
from typing import Any

import streamlit as st

import ecops
from ui.text import _, clean

_ROOT = Path(__file__).resolve().parents[1]
SAMPLE = "sample"
OWN = "mine"
_NAME = re.compile(r"^[a-z0-9][a-z0-9_-]{0,40}$")


def home() -> Path:
    """The folder that holds the workspaces: ECOPS_HOME, else `workspace` beside the app."""
    return Path(os.environ.get("ECOPS_HOME") or _ROOT / "workspace")


@st.cache_resource(max_entries=16, show_spinner=False)
def _open(path: str) -> ecops.Workspace:
    return ecops.Workspace.open(Path(path))


def current_name() -> str:
    """The folder name of the chosen workspace; what the address says is used only when it is such a name."""
    chosen = str(st.session_state.get("ws") or SAMPLE)
    return chosen if _NAME.match(chosen) else SAMPLE


def is_sample() -> bool:
    """Whether the sample shop is looked at; nothing can be changed there."""
    return current_name() == SAMPLE


def choose_sample() -> None:
    """Switch to the sample shop (for callbacks of buttons)."""
    st.session_state["ws"] = SAMPLE


def choose_own() -> None:
    """Switch to the reader's own shop (for callbacks of buttons)."""
    st.session_state["ws"] = OWN


def names() -> list[str]:
    """Workspaces to choose from: the sample, the reader's own, and every other folder of the home."""
    found = [folder.name for folder in sorted(home().glob("*")) if folder.is_dir() and _NAME.match(folder.name)]
    return [SAMPLE, OWN, *(name for name in found if name not in {SAMPLE, OWN})]


def label(name: str) -> str:
    """What a workspace is called in the list."""
    if name == SAMPLE:
        return _("Sample shop")
    if name == OWN:
        return _("My shop")
    return clean(name)


def current() -> ecops.Workspace:
    """The chosen workspace, opened once for all readers; the sample shop is built when it is first asked for."""
    path = home() / current_name()
    if is_sample():
        _sample(str(path))
    return _open(str(path))


@st.cache_resource(max_entries=4, show_spinner=False)
def _sample(path: str) -> str:
    """Build the sample shop once; readers who come meanwhile wait for the same build."""
    workspace = _open(path)
    files = sample_files()
    if workspace.tables() or not files:
        return path
    with st.status(_("Preparing the sample shop, about ten seconds"), expanded=False) as status:
        for place, file in enumerate(files, 1):
            status.update(label=_("Preparing the sample shop: file {place} of {all}", place=place, all=len(files)))
            workspace.load(file)
        status.update(label=_("The sample shop is ready"), state="complete")
    return path


def sample_files() -> list[Path]:
    """The files of the sample shop."""
    folder = _ROOT / "sample_data" / "files"
    return sorted(path for path in folder.glob("*") if path.is_file() and not path.name.startswith("."))


def answer(function: Callable[..., Any], *arguments: Hashable) -> Any:
    """`function(workspace, *arguments)`, computed once for each version of the workspace.

    The key is the name of the function, the workspace, its version and the arguments: never a table, of which
    Streamlit would hash only a sample. Results are frozen and shared between readers.
    """
    workspace = current()
    name = f"{function.__module__}.{function.__qualname__}"
    return _answer(name, str(home() / current_name()), workspace.version, arguments, function, workspace)


@st.cache_resource(max_entries=256, show_spinner=False)
def _answer(
    name: str,  # noqa: ARG001 - part of the key
    path: str,  # noqa: ARG001
    version: str,  # noqa: ARG001
    arguments: tuple[Hashable, ...],
    _function: Callable[..., Any],
    _workspace: ecops.Workspace,
) -> Any:
    return _function(_workspace, *arguments)
