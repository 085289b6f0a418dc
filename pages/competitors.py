"""Against whom are we behind, on which figure, what is it worth, and is our price right?"""

import streamlit as st

from ui import navigation
from ui.competitors import asked as question
from ui.competitors import market, opinions, prices, repricing, standing
from ui.parts import cards, findings, worked_out
from ui.parts.text import _

st.title(_("Where do we stand against peers and rivals?"))
asked = question.ask()
if asked is None:
    navigation.link("settings", _("Write benchmarks"), part="benchmarks")
    st.stop()

question.line(asked)
cards.verdict(asked.verdict)
standing.cards(asked)
question.notes(asked)

findings.show(asked.findings, "rivals")

st.subheader(_("Which peers, and why these?"), anchor=False)
question.tier_choice(asked)
standing.who(asked)

st.subheader(_("The gap of each figure, in money"), anchor=False)
standing.gaps(asked)

st.subheader(_("Are our prices right?"), anchor=False)
prices.index(asked)
prices.places(asked)

st.subheader(_("Is it the same product?"), anchor=False)
prices.queue(asked)

st.subheader(_("Price bands, ranges, and who holds the market"), anchor=False)
market.bands(asked)
market.ranges(asked)

st.subheader(_("Titles, parameters, claims and new products"), anchor=False)
market.titles(asked)

st.subheader(_("What do buyers say?"), anchor=False)
opinions.said(asked)

st.subheader(_("Ours or theirs: who is better at what?"), anchor=False)
opinions.beside(asked)

st.subheader(_("What rivals did"), anchor=False)
prices.changes(asked)
market.practices(asked)

st.subheader(_("What the market searches for"), anchor=False)
market.demanded(asked)
market.markets(asked)

st.subheader(_("What would another price bring?"), anchor=False)
repricing.what_if(asked)

st.subheader(_("Strengths, weaknesses, opportunities, threats"), anchor=False)
market.plan(asked)

st.subheader(_("Details"), anchor=False)
worked_out.show("competitors")
navigation.link("settings", _("Write benchmarks"), part="benchmarks")
