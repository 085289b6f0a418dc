"""Should we ship it? The verdict of a test, the check of its data, a plan for the next one, and the register."""

import streamlit as st

from ecops.messages import Message
from ui.ab_test import experiment, experiment_check, experiment_details, experiment_plan, experiment_register
from ui.parts import empty
from ui.parts.text import _

st.title(_("Should we ship it?"))
part = experiment.part()
tests = experiment.held()

if part == "plan":
    experiment_plan.show()
    st.stop()
if part == "register":
    experiment_register.table()
    st.stop()

if not tests:
    empty.show(Message("There is no test to judge yet."), ("experiment_units", "experiment_totals"))
    if part == "check":
        experiment_check.box()
    st.subheader(_("Any of these three files will do"), anchor=False)
    experiment_check.shapes()
    st.stop()

shown = experiment.case(experiment.picked(tests))
if shown is None:
    st.stop()

experiment.line(shown)
if part == "check":
    experiment_check.found(shown)
    st.subheader(_("What decides?"), anchor=False)
    experiment_check.settings(shown)
    st.subheader(_("Another test"), anchor=False)
    experiment_check.box()
    with st.expander(_("How the file should look"), key="shapes"):
        experiment_check.shapes()
    st.stop()

experiment.verdict(shown)
experiment.arms(shown)
experiment.five(shown)
experiment.problems(shown)
experiment.split_missing(shown)
experiment.plan_missing(shown)
experiment.remember(shown)

experiment_details.pictures(shown)
experiment_details.figures_table(shown)
experiment_details.segments(shown)
experiment_details.weeks(shown)
experiment_details.what_if(shown)

st.subheader(_("Details"), anchor=False)
experiment_details.method(shown)
if shown.trial is not None:
    with st.expander(_("Looks taken"), key="looks"):
        experiment_register.looks(shown.trial)
experiment_register.decision(shown)
experiment_details.downloads(shown)
