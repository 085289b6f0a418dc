"""Prices and titles worth a test on the page, each planned with one click; searched words against titles."""

from __future__ import annotations

import streamlit as st

from ecops.competitors.market.coverage import Coverage
from ecops.competitors.market.coverage import coverage as read
from ecops.competitors.telling.ideas import Idea, Kind
from ecops.messages import Count, Percent
from ui.competitors import asked as question
from ui.competitors.asked import Asked
from ui.parts import findings, tables
from ui.parts.tables import Shape
from ui.parts.text import _, say
from ui.state import workspaces


def show(asked: Asked, kind: Kind) -> None:
    """The ideas of a kind with the size of their test and the button that plans it."""
    found: tuple[Idea, ...] = workspaces.answer(question.ideas, asked.until, asked.tier, asked.answered)
    mine = [idea for idea in found if idea.kind == kind]
    if not mine:
        return
    st.markdown(f"**{_('Worth a test')}**")
    for place, idea in enumerate(mine):
        with st.container(border=True, key=f"idea_{kind}_{place}"):
            told, button = st.columns([5, 2], vertical_alignment="center")
            told.markdown(say(idea.text))
            if idea.trial is None:
                told.caption(_("No rate of this product is known to size a test with."))
                continue
            told.caption(
                _(
                    "The test needs {n} visitors in all to tell a change of {lift} from {rate} (power 80%).",
                    n=Count(idea.trial.sample),
                    lift=Percent(idea.trial.lift),
                    rate=Percent(idea.trial.baseline, 2),
                )
            )
            with button:
                findings.planning(idea.trial, f"idea_{kind}_{place}")


def coverage(asked: Asked) -> None:
    """How much of what is searched in the shop stands in a title, word by word."""
    found: Coverage | None = workspaces.answer(read, asked.until)
    if found is None:
        st.caption(_("Load the searches inside the shop: words that no title holds are shown here."))
        return
    st.markdown(
        _(
            "Titles hold the words of **{share}** of {n} searches in the shop ({period}).",
            share=Percent(found.share),
            n=Count(float(found.table["searches"].sum())),
            period=found.period.range,
        )
    )
    rows = found.table.sort_values(["covered", "searches"], ascending=[True, False], kind="stable")
    with st.expander(_("Every searched word"), key="covered_words"):
        tables.show(
            rows[["word", "searches", "empty", "titles", "title"]],
            "covered_table",
            {
                "word": Shape(_("Searched word")),
                "searches": Shape(_("Searches"), "count"),
                "empty": Shape(_("Found nothing"), "count"),
                "titles": Shape(_("Titles that hold it"), "count"),
                "title": Shape(_("Nearest title"), "text", _("Of a word that no title holds.")),
            },
            download="ecops_title_coverage",
        )
