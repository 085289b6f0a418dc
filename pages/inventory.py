"""What do we order today, how much and why? What lies dead, who is late, what our own rule delivers."""

import streamlit as st

from ui.inventory import asked as question
from ui.inventory import lists, orders, pictures, planned, shelf, supply
from ui.parts import cards, findings, worked_out
from ui.parts.text import _

st.title(_("What do we order today?"))
asked = question.ask()
if asked is None:
    st.stop()

question.line(asked)
cards.verdict(asked.stock.verdict)
question.notes(asked)
pictures.cards(asked)

st.subheader(_("Today's purchase"), anchor=False)
orders.promised(asked)
orders.purchase(asked)

findings.show(question.told(asked), "stock")

st.subheader(_("Your rule against others, on your own sales"), anchor=False)
question.choices(asked)
pictures.side_by_side(asked)
lists.ahead(asked)
planned.busiest(asked)
planned.promotion(asked)

st.subheader(_("Every product"), anchor=False)
lists.products(asked)

st.subheader(_("What to clear"), anchor=False)
lists.clearance(asked)

st.subheader(_("Who keeps the promised day?"), anchor=False)
lists.suppliers(asked)
supply.backups(asked)
supply.customs(asked)
lists.agreed(asked)
planned.rests(asked)

st.subheader(_("Which products to take, and what is left of a sale?"), anchor=False)
lists.choice_of_products(asked)
shelf.told(asked)
supply.searched(asked)
supply.warehouse(asked)
planned.on_trial(asked)

st.subheader(_("Where and when is it wanted?"), anchor=False)
planned.places(asked)

st.subheader(_("Details"), anchor=False)
worked_out.show("inventory")
lists.method()
