"""Which numbers decide, where do they come from, and who changed them?"""

import streamlit as st

from ui.parts import errors
from ui.parts.text import _
from ui.settings import access, alerts, benchmarks, calendar, parameters, parts

st.title(_("Which numbers decide, and where do they come from?"))
chosen = parts.choose()
errors.told("settings")
if chosen == "parameters":
    parameters.show()
elif chosen == "benchmarks":
    benchmarks.show()
elif chosen == "alerts":
    alerts.show()
elif chosen == "calendar":
    calendar.show()
else:
    access.show()
