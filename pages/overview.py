"""How is business and why? The verdict, five figures, what made the change, and what would be if."""

import streamlit as st

from ecops import growth
from ecops.messages import Message
from ui import cards, empty, scope, workspaces
from ui.text import _

st.title(_("How is business, and what changed?"))
chosen = scope.current()
if chosen is None:
    empty.show(
        Message("There are no orders and no traffic yet."),
        ("order_lines", "orders", "traffic_daily"),
        empty.ORDER_EXAMPLE,
    )
    st.stop()
scope.line(chosen)
figures = workspaces.answer(growth.kpis, chosen.period, chosen.compare, where=chosen.where)
cards.kpis(
    figures, ("gmv", "visitors", "pay_conversion", "value_per_buyer", "refund_rate"), scope.comparison_word(chosen)
)
