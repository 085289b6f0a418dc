"""Where do we lose orders? The verdict, what is wrong with the data, the causes in money, how long, what if."""

import streamlit as st

from ui.funnel import funnel, funnelbehind, funnellog, funnelparts
from ui.parts import beside, cards
from ui.parts.text import _

st.title(_("Where do we lose orders?"))
asked = funnel.ask()
if asked is None:
    st.stop()

cards.verdict(asked.funnel.verdict)
funnel.summary(asked)
funnel.quality(asked)

funnelparts.pictures(asked)
if asked.scope is not None:
    beside.show(asked.scope, funnel.BESIDE, "funnel")

st.subheader(_("Which step, where, and how much?"), anchor=False)
funnelparts.causes(asked)

st.subheader(_("One step in every part of the shop"), anchor=False)
funnelparts.by_segment(asked)

st.subheader(_("In the cart, but not paid"), anchor=False)
funnelparts.products(asked)

st.subheader(_("How long do people take, and who drops out?"), anchor=False)
funnellog.behaviour(asked)

st.subheader(_("What lies behind the steps"), anchor=False)
funnelbehind.behind(asked)

st.subheader(_("What if one step were better?"), anchor=False)
funnelparts.what_if(asked)

st.subheader(_("Details"), anchor=False)
funnelparts.against(asked)
funnelparts.details(asked)
