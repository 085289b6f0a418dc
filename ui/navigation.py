"""Which pages there are, in the order a manager reads them.

A page is one flat script in `pages/`; its file name is its address. A capability names its page itself.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from pathlib import Path

import streamlit as st

from ecops.capability import capabilities
from ecops.messages import Term
from ui.parts.text import plain

_ROOT = Path(__file__).resolve().parents[1]

_HOUSE: tuple[tuple[int, str, Term], ...] = (
    (15, "weekly_review", Term(en="Weekly review", zh="周会")),
    (2000, "data", Term(en="Data", zh="数据")),
    (2005, "settings", Term(en="Parameters", zh="参数与基准")),
    (2010, "glossary", Term(en="Glossary", zh="指标词典")),
)
"""Pages that belong to no capability, with their place among those of the capabilities."""


@functools.cache
def pages() -> Mapping[str, Term]:
    """Stem of the script -> what the page is called, in the order of the menu; the first one opens first."""
    guests = [(guest.order, guest.page, guest.label) for guest in capabilities().values() if guest.page]
    found = sorted((*_HOUSE, *guests), key=lambda page: page[0])
    return {Path(script).stem: label for _order, script, label in found if path(Path(script).stem).exists()}


@functools.cache
def path(stem: str) -> Path:
    """The script of a page, which a capability from outside brings along."""
    brought = {Path(guest.page).stem: Path(guest.page) for guest in capabilities().values()}.get(stem)
    return brought if brought is not None and brought.is_absolute() else _ROOT / "pages" / f"{stem}.py"


def menu() -> st.Page:
    """Draw the menu and return the page to run; the start leads on at once, before anything is worked out for it."""
    # url_path stays unset: the file stem is the address, or the first deep link after a start is told "not found".
    # The default page has no address of its own, so it is one that only leads on: links to the first page work too.
    start = st.Page(lambda: None, title="ecops", default=True, visibility="hidden")
    shown = [st.Page(path(stem), title=plain(label)) for stem, label in pages().items()]
    page = st.navigation([start, *shown])
    if page == start:
        st.switch_page(shown[0], query_params=st.query_params.to_dict())
    return page


def link(stem: str, label: str, **choices: str) -> None:
    """A link to another page of the app, with choices for its address."""
    st.page_link(path(stem), label=label, query_params=choices or None)
