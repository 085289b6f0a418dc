"""The parts of the page of rivals, one at a time: only the chosen one is worked out and shown."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import streamlit as st

from ecops.messages import Term
from ui.competitors import asked as question
from ui.competitors import ideas, leading, market, opinions, prices, repricing, standing
from ui.competitors.asked import Asked
from ui.parts import errors
from ui.parts.text import _, plain
from ui.state import address

_PARTS: Mapping[str, Term] = {
    "peers": Term(en="Peers", zh="同行差距"),
    "prices": Term(en="Prices", zh="价格"),
    "shelf": Term(en="Range", zh="货架"),
    "titles": Term(en="Titles", zh="标题"),
    "reviews": Term(en="Reviews", zh="评价"),
    "moves": Term(en="Moves", zh="竞店动态"),
    "market": Term(en="Market", zh="市场"),
    "whatif": Term(en="What-if", zh="调价试算"),
    "plan": Term(en="Plan", zh="对策"),
}


def show(asked: Asked) -> None:
    """The choice, and the chosen part."""
    address.adopt_one("cpart", list(_PARTS), "peers")
    chosen = st.segmented_control(
        _("Part of the comparison"),
        list(_PARTS),
        format_func=lambda key: plain(_PARTS[key]),
        key="cpart",
        required=True,
        label_visibility="collapsed",
        width="stretch",
    )
    address.publish("cpart", [chosen] if chosen != "peers" else [])
    with errors.explained():
        _SHOWN[chosen](asked)


def _peers(asked: Asked) -> None:
    st.subheader(_("Which peers, and why these?"), anchor=False)
    question.tier_choice(asked)
    standing.who(asked)
    st.subheader(_("The gap of each figure, in money"), anchor=False)
    standing.gaps(asked)
    standing.product(asked)


def _prices(asked: Asked) -> None:
    st.subheader(_("Are our prices right?"), anchor=False)
    prices.index(asked)
    prices.places(asked)
    ideas.show(asked, "price")
    st.subheader(_("Is it the same product?"), anchor=False)
    prices.queue(asked)


def _shelf(asked: Asked) -> None:
    st.subheader(_("Price bands, ranges, and who holds the market"), anchor=False)
    market.bands(asked)
    market.ranges(asked)


def _titles(asked: Asked) -> None:
    st.subheader(_("Do our titles hold what buyers search for?"), anchor=False)
    ideas.coverage(asked)
    ideas.show(asked, "title")
    st.subheader(_("Titles, parameters and claims beside rivals"), anchor=False)
    market.titles(asked)


def _reviews(asked: Asked) -> None:
    st.subheader(_("What do buyers say?"), anchor=False)
    opinions.said(asked)
    st.subheader(_("Ours or theirs: who is better at what?"), anchor=False)
    opinions.beside(asked)


def _moves(asked: Asked) -> None:
    st.subheader(_("What rivals did"), anchor=False)
    prices.changes(asked)
    market.launches(asked)
    market.practices(asked)
    st.subheader(_("The leading shops, one by one"), anchor=False)
    leading.show(asked)


def _market(asked: Asked) -> None:
    st.subheader(_("What the market searches for"), anchor=False)
    market.demanded(asked)
    market.markets(asked)


def _what_if(asked: Asked) -> None:
    st.subheader(_("What would another price bring?"), anchor=False)
    repricing.what_if(asked)


def _plan(asked: Asked) -> None:
    st.subheader(_("Strengths, weaknesses, opportunities, threats"), anchor=False)
    market.plan(asked)


_SHOWN: Mapping[str, Callable[[Asked], None]] = {
    "peers": _peers,
    "prices": _prices,
    "shelf": _shelf,
    "titles": _titles,
    "reviews": _reviews,
    "moves": _moves,
    "market": _market,
    "whatif": _what_if,
    "plan": _plan,
}
