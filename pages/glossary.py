"""What do the words mean? Metrics with their formulas, tables with their columns, and the exports that fill them."""

import streamlit as st

from ui import glossary
from ui.parts.text import _

st.title(_("What does each figure mean?"))
st.caption(_("Every figure of the product, how it is computed, and which column of which export it comes from."))

wanted = st.text_input(
    _("Search"),
    key="q",
    bind="query-params",
    placeholder=_("A metric, a column or a header of an export, for example 支付转化率 or pay_buyers"),
)
metrics, questions, tables, sources = st.tabs([_("Metrics"), _("Questions"), _("Tables"), _("Exports")])
with metrics:
    glossary.metrics(wanted)
with questions:
    glossary.questions(wanted)
with tables:
    glossary.tables(wanted)
with sources:
    glossary.sources(wanted)
