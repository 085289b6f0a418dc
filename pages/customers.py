"""Who are our customers, what are they worth, and who gets which coupon?"""

import streamlit as st

from ecops.customers import answers
from ui.customers import choices, people, plan, programme, segments, tiers, value
from ui.parts import cards, findings, kept, worked_out
from ui.parts.text import _

st.title(_("Who are our customers, what are they worth, and who gets which coupon?"))
looked = choices.ask()
if looked is None:
    st.stop()

cards.verdict(kept.of(answers.verdict, looked.segments, kept.same(looked.findings))())
segments.summary(looked)
if looked.findings:
    findings.show(looked.findings, "customers")

st.subheader(_("Who are they?"), anchor=False)
segments.maps(looked)

st.subheader(_("Who moved?"), anchor=False)
segments.migration(looked)

st.subheader(_("Do they come back?"), anchor=False)
programme.goal(looked)
value.cohorts(looked)

st.subheader(_("What will they bring?"), anchor=False)
forecast = value.forecast(looked)

st.subheader(_("Tiers, and who is one order away"), anchor=False)
tiers.tiers(looked, forecast)

st.subheader(_("What did each channel's customers bring and cost?"), anchor=False)
people.channels(looked)

st.subheader(_("Members, and what customers say"), anchor=False)
people.members(looked)
programme.days(looked)

st.subheader(_("What are they drawn to?"), anchor=False)
programme.interests(looked)

st.subheader(_("What is bought together?"), anchor=False)
tiers.baskets(looked)

st.subheader(_("Who gets what?"), anchor=False)
planned = plan.actions(looked)
plan.export(looked, planned)

st.subheader(_("What did it bring?"), anchor=False)
plan.outcome(looked)

st.subheader(_("Details"), anchor=False)
worked_out.show("customers")
