"""Which shop is looked at: the sample shop, or one of the reader's own. One shop is one workspace, one folder."""

from __future__ import annotations

import dataclasses
import functools
import os
import re
import threading
import time
import weakref
from collections.abc import Callable, Hashable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, cast

import streamlit as st

import ecops
from ecops import workfolders
from ecops.engine.answers import Answers
from ecops.errors import SpecError, StoreError
from ecops.messages import Message
from ecops.store import Data, is_workspace
from ecops.store.state import State
from sample_data import loading
from ui.parts import errors
from ui.parts.text import _, clean
from ui.state.filtering import Filtered

_ROOT = Path(__file__).resolve().parents[2]
SAMPLE = "sample"
OWN = "mine"
Where = tuple[tuple[str, tuple[str, ...]], ...]
_NAME = re.compile(r"^[^\W_][\w-]{0,40}$")


def home() -> Path:
    """The folder that holds the workspaces: ECOPS_HOME, else `workspace` beside the app."""
    return _folder(os.environ.get("ECOPS_HOME", ""))


@functools.cache
def _folder(told: str) -> Path:
    return Path(told) if told else _ROOT / "workspace"


@functools.lru_cache(maxsize=256)
def _folder_of(within: Path, name: str) -> Path:
    return within / name


_shops = Answers(16)
_whole: set[str] = set()
"""Shops that are known to be whole."""

_building = threading.Lock()
"""Of whoever builds the sample shop."""


def _open(path: str, read_only: bool) -> ecops.Workspace:
    found: ecops.Workspace = _shops.get(
        (path, read_only), lambda: ecops.Workspace.open(Path(path), read_only=read_only)
    )
    return found


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
    """Workspaces to choose from: the sample, the reader's own, and every other one of the home."""
    found = [folder.name for folder in sorted(home().glob("*")) if _NAME.match(folder.name) and is_workspace(folder)]
    return [SAMPLE, OWN, *(name for name in found if name not in {SAMPLE, OWN})]


def new_shop() -> None:
    """A name box that makes another shop, for another brand or another currency."""
    box = st.expander(_("New shop"), key="new_shop_box", type="compact", on_change="rerun")
    if box.open:
        with box, st.form("new_shop_form", border=False):
            st.text_input(_("Name of the new shop"), key="new_shop", max_chars=41)
            st.form_submit_button(_("Make the shop"), on_click=_make)
    errors.told("shop")


def _make() -> None:
    """Make the shop that is named in the box, and choose it."""
    name = str(st.session_state["new_shop"]).strip()
    with errors.kept("shop"):
        if not _NAME.match(name):
            raise SpecError(
                Message("This cannot be the name of a shop."),
                Message("Letters, digits, hyphens and underscores will do, for example {name}.", name="brand-us"),
            )
        if name.casefold() in {known.casefold() for known in names()} or (home() / name).exists():
            raise SpecError(Message("There is already a shop called {name}.", name=name), Message("Take another name."))
        ecops.Workspace.open(home() / name)
        st.session_state["ws"] = name
        st.session_state["new_shop"] = ""


def label(name: str) -> str:
    """What a workspace is called in the list."""
    if name == SAMPLE:
        return _("Sample shop")
    if name == OWN:
        return _("My shop")
    return clean(name)


def known(name: str) -> ecops.Workspace | None:
    """The workspace of a name of the list, None where there is none yet."""
    folder = home() / name
    return cast("ecops.Workspace", _open(str(folder), name == SAMPLE)) if is_workspace(folder) else None


def current() -> ecops.Workspace:
    """The chosen workspace, opened once for all readers; the sample shop is built when it is first asked for."""
    name = current_name()
    path = str(_folder_of(home(), name))
    if name == SAMPLE:
        _build_sample(path)
    else:
        _add_up(path)
    return _open(path, name == SAMPLE)


def _add_up(path: str) -> None:
    """Add up a shop by day anew after an update that does it differently; once for all readers."""
    if path not in _whole:
        with suppress(StoreError), st.spinner(_("Adding up by day anew, once after an update")):
            _open(path, False).add_up()
        _whole.add(path)


def _build_sample(path: str) -> None:
    """Build the sample shop once; readers who come meanwhile wait for the same build."""
    if path in _whole:
        return
    waiting = st.empty()
    if _building.locked():
        waiting.caption(_("Preparing the sample shop, less than a minute"))
    with _building:
        workspace = _open(path, False)
        missing = loading.renew(workspace)
        if missing:
            with waiting.status(_("Preparing the sample shop, less than a minute"), expanded=False) as status:
                for place, _receipt in enumerate(loading.load(workspace, missing), 1):
                    done = _("Preparing the sample shop: file {place} of {all}", place=place, all=len(missing))
                    status.update(label=done)
        workspace.add_up()
        _whole.add(path)
    waiting.empty()
    if missing:
        st.rerun()


def answer(function: Callable[..., Any], *arguments: Hashable, where: Where = (), **named: Hashable) -> Any:
    """`function(data, *arguments, **named)`, computed once for each version of the workspace.

    The key is the name of the function, the version of the workspace and the arguments, never a table. Results are
    frozen and shared between readers.

    Args:
        function: of `ecops`, with the data first.
        arguments: hashable.
        where: restrict the data to these platforms, shops and channels, see `ui.state.scope.Scope.where`.
        named: hashable.
    """
    workspace = current()
    now = version(workspace)
    asked = (arguments, tuple(sorted(named.items())))
    key = (function.__module__, function.__qualname__, now, where, _known(asked))

    return _answers.get(key, lambda: function(_shared(workspace, now, where), *arguments, **named))


def tables(where: Where = ()) -> Data | Filtered:
    """The tables of the chosen shop as they are now, those that `answer` works with: what they were asked they know."""
    workspace = current()
    return _shared(workspace, version(workspace), where)


_FRESH = 0.1
"""Seconds for which a version holds: a page asks for it thirty times while it is drawn, and each asks the database."""

_versions: weakref.WeakKeyDictionary[ecops.Workspace, tuple[int, float, str]] = weakref.WeakKeyDictionary()
"""What was written in this process when a version was asked for, when that was, and the version."""


def version(workspace: ecops.Workspace) -> str:
    """The version of a workspace: at once a new one after anything is written here, soon after others wrote."""
    written, now = State.written, time.monotonic()
    known = _versions.get(workspace)
    if known is None or known[0] != written or now - known[1] >= _FRESH:
        known = _versions[workspace] = (written, now, workspace.version)
    return known[2]


def _shared(workspace: ecops.Workspace, version: str, where: Where) -> Data | Filtered:
    data: Data = _data(version, workspace)
    return cast("Filtered", _filtered(version, where, workspace)) if where else data


def _known(asked: Any) -> Hashable:
    """What was asked as a key; a spec that holds a mapping has no hash of its own and is told by what it is made of."""
    try:
        hash(asked)
    except TypeError:
        if isinstance(asked, Mapping):
            return (dict, *((name, _known(value)) for name, value in asked.items()))
        if dataclasses.is_dataclass(asked):
            fields = dataclasses.fields(asked)
            return (type(asked), *(_known(getattr(asked, field.name)) for field in fields))
        if isinstance(asked, tuple):
            return tuple(map(_known, asked))
        raise
    return cast("Hashable", asked)


_answers = Answers(512)
"""What was worked out for any reader of this server."""


@st.cache_resource(max_entries=4, show_spinner=False)
def _data(version: str, _workspace: ecops.Workspace) -> Data:  # noqa: ARG001 - version is the key
    """The tables of a version, which remember what they were asked."""
    return _workspace.data()


@st.cache_resource(max_entries=16, show_spinner=False)
def _filtered(version: str, where: Where, _workspace: ecops.Workspace) -> Filtered:
    """The same with only some rows; kept, since analyses remember what they read for as long as its object lives."""
    return Filtered(_data(version, _workspace), where)


@st.cache_resource(show_spinner=False)
def tidied() -> int:
    """Remove what killed loads left in the folder for temporary files, once a start."""
    return workfolders.sweep()
