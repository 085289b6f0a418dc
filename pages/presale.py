"""Deposits come in: how many units do we commit, what does the rule of thumb imply, are deposits on their path?"""

import streamlit as st

from ui.parts import cards, findings, worked_out
from ui.parts.text import _
from ui.presale import asked as question
from ui.presale import decision, lists, pictures, setup

st.title(_("How many do we commit to the presale?"))
asked = question.ask()
if asked is None:
    if question.there():
        setup.box(None)
    st.stop()

question.line(asked)
cards.verdict(asked.found.verdict)
question.notes(asked)
setup.line(asked)

item = asked.item
if item is not None:
    pictures.cards(asked, item)
    findings.show(question.told(asked), "presale")

    st.subheader(_("Do deposits follow their path, and how much is enough?"), anchor=False)
    pictures.side_by_side(item)
    decision.gate(item)

    st.subheader(_("Our quantity and the rule of thumb"), anchor=False)
    decision.why(asked, item)
    decision.rule(asked, item)

    st.subheader(_("What if?"), anchor=False)
    decision.suppose(asked, item)
    setup.box(asked)

    st.subheader(_("Hand on the order"), anchor=False)
    decision.orders(asked)

    st.subheader(_("Warehouse and courier"), anchor=False)
    lists.capacity(asked, item)
else:
    setup.box(asked)

st.subheader(_("From visit to deposit to balance"), anchor=False)
lists.funnel(asked)

st.subheader(_("Details"), anchor=False)
worked_out.show("presale")
lists.method()
