"""How is business and why? The verdict, five figures, the causes in money, where and when, and what would be if."""

import streamlit as st

from ecops import growth
from ecops.messages import Message
from ecops.review import collecting
from ui.overview import board, overview
from ui.parts import beside, cards, empty, findings, kept
from ui.parts.text import _, say
from ui.state import scope, workspaces

st.title(_("How is business, and what changed?"))
chosen = scope.current()
if chosen is None:
    needed = ("order_lines", "orders", "traffic_daily")
    empty.show(Message("There are no orders and no traffic yet."), needed, empty.ORDER_EXAMPLE)
    st.stop()

scope.line(chosen)
scope.require_rows(chosen)
with st.spinner(_("Working out what changed")):
    result = overview.kpis(chosen)
    why = workspaces.answer(growth.diagnose, chosen.period, chosen.compare, where=chosen.where)
    together = workspaces.answer(collecting.changes, chosen.period, chosen.compare, where=chosen.where)
    why = kept.of(growth.Diagnosis.told, why, together)()

cards.verdict(why.verdict)
overview.events(chosen)
cards.kpis(result, overview.five(result), scope.comparison_word(chosen))
for note in dict.fromkeys((*result.notes, *why.notes)):
    st.caption(say(note))
beside.show(chosen, overview.five(result), "overview")

st.subheader(_("What made the change?"), anchor=False)
overview.causes(why)
findings.show(why.findings, "growth")

overview.change(chosen, why)

st.subheader(_("Where did it change?"), anchor=False)
overview.where(chosen)

left, right = st.columns(2, gap="medium")
with left:
    overview.trend(chosen, result)
with right:
    overview.heat_map(chosen, result)

st.subheader(_("What if?"), anchor=False)
overview.what_if(chosen)

st.subheader(_("Details"), anchor=False)
overview.against(chosen, result)
board.show(chosen, result.currency)
overview.details(result, chosen)
