"""Against whom are we behind, on which figure, what is it worth, and is our price right?"""

import streamlit as st

from ui import navigation
from ui.competitors import asked as question
from ui.competitors import parts, standing
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

parts.show(asked)

st.subheader(_("Details"), anchor=False)
worked_out.show("competitors")
navigation.link("settings", _("Write benchmarks"), part="benchmarks")
