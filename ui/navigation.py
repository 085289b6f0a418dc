"""Which pages there are, in the order a manager reads them.

A page is one flat script in `pages/`; its file name is its address. One line here shows it, once its script exists.
"""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from ecops.messages import Term
from ui.text import plain

_ROOT = Path(__file__).resolve().parents[1]

PAGES: dict[str, Term] = {
    "overview": Term(en="Overview", zh="经营概览"),
    "weekly_review": Term(en="Weekly review", zh="周会"),
    "funnel": Term(en="Funnel", zh="转化漏斗"),
    "ab_test": Term(en="A/B test", zh="A/B 测试"),
    "data": Term(en="Data", zh="数据"),
    "glossary": Term(en="Glossary", zh="指标词典"),
}
"""File stem -> what the page is called in the menu. The first one opens first."""


def shown() -> list[str]:
    """The stems of `PAGES` whose script exists."""
    return [stem for stem in PAGES if path(stem).exists()]


def path(stem: str) -> Path:
    """The script of a page."""
    return _ROOT / "pages" / f"{stem}.py"


def menu() -> st.Page:
    """Draw the menu and return the page to run; the start leads on at once, before anything is worked out for it."""
    # url_path stays unset: the file stem is the address, or the first deep link after a start is told "not found".
    # The default page has no address of its own, so it is one that only leads on: links to the first page work too.
    start = st.Page(lambda: None, title="ecops", default=True, visibility="hidden")
    pages = [st.Page(path(stem), title=plain(PAGES[stem])) for stem in shown()]
    page = st.navigation([start, *pages])
    if page == start:
        st.switch_page(pages[0], query_params=st.query_params.to_dict())
    return page


def link(stem: str, label: str) -> None:
    """A link to another page of the app."""
    st.page_link(path(stem), label=label)
