"""Reviews on the page: what buyers complain of and praise, with their words; rivals beside it; what is new."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd
import streamlit as st

from ecops.competitors.reviews import figures, view
from ecops.messages import Count, Number, Percent, Term
from ui.competitors.asked import Asked
from ui.parts import charts, errors, kept, tables
from ui.parts.tables import Shape
from ui.parts.text import _, look, plain, say
from ui.state import workspaces

if TYPE_CHECKING:
    from ecops.competitors.reviews.opinions import Opinions

_SHOWN = 6
_NEW = 3
_VERDICTS: dict[str, Term] = {
    "worse": Term(en="worse than theirs", zh="我们更差"),
    "better": Term(en="better than theirs", zh="我们更好"),
    "open": Term(en="not proven", zh="未证实"),
}


def said(asked: Asked) -> None:
    """Complaints and praise of our buyers, each with the words of three of them, and what is new."""
    found: Opinions | None = workspaces.answer(view.opinions, asked.until)
    if found is None:
        st.caption(_("Load reviews (Taobao, JD, Amazon, Judge.me, Loox): what buyers complain of is told here."))
        return
    st.markdown(f"**{say(found.verdict)}**")
    for note in found.notes:
        st.caption(say(note))
    _new(found)
    left, right = st.columns(2, gap="medium")
    with left:
        st.markdown(f"**{_('What they complain of')}**")
        _wall(found.complaints, "complaint")
    with right:
        st.markdown(f"**{_('What they praise')}**")
        _wall(found.praise, "praise")
    _stars(found)


def _new(found: Opinions) -> None:
    for row in found.new.head(_NEW).to_dict("records"):
        sure = _("Confirmed") if row["confirmed"] else _("Watch")
        st.markdown(
            f"- **{say(str(row['topic']))}** · {sure} · "
            + _(
                "{then} of reviews before, {now} in the last four weeks ({n} reviews)",
                then=Percent(float(row["then_share"])),
                now=Percent(float(row["now_share"])),
                n=Count(int(row["now"])),
            )
        )
        _quotes(row["quotes"])


def _wall(table: pd.DataFrame, tone: str) -> None:
    if table.empty:
        st.caption(_("Nothing stands out from chance yet."))
        return
    for row in kept.of(_shown, table)():
        place = f" · {say(str(row['category']))}" if row["category"] else ""
        st.markdown(
            f"**{say(str(row['topic']))}**{place} · "
            + _("{n} reviews, {share}", n=Count(int(row["reviews"])), share=Percent(float(row["share"])))
        )
        _quotes(row["quotes"])
    if len(table) > _SHOWN:
        with st.expander(_("All {n} topics", n=len(table)), key=f"topics_{tone}"):
            _table(table, f"topics_table_{tone}")


def _shown(table: pd.DataFrame) -> list[dict[str, Any]]:
    return _largest(table).head(_SHOWN).to_dict("records")


def _quotes(quotes: tuple[str, ...]) -> None:
    for quote in quotes:
        st.caption(f"“{say(quote)}”")


def _largest(table: pd.DataFrame) -> pd.DataFrame:
    return table.sort_values("reviews", ascending=False, kind="stable")


def _topic_rows(table: pd.DataFrame) -> pd.DataFrame:
    rows = _largest(table)
    columns = rows[["category", "topic", "reviews", "share", "low", "high"]]
    return columns.assign(quotes=[" / ".join(quotes) for quotes in rows["quotes"]])


def _table(table: pd.DataFrame, key: str) -> None:
    tables.show(
        kept.of(_topic_rows, table),
        key,
        {
            "category": Shape(_("Category")),
            "topic": Shape(_("Topic")),
            "reviews": Shape(_("Reviews"), "count"),
            "share": Shape(_("Share of reviews"), "percent"),
            "low": Shape(_("From (95%)"), "percent"),
            "high": Shape(_("To (95%)"), "percent"),
            "quotes": Shape(_("In their words")),
        },
        download="ecops_review_topics",
    )


def _stars(found: Opinions) -> None:
    rows = kept.of(_rated, found)()
    if len(rows) < 2:
        return
    names = [plain(row.shop) if row.shop else _("our shop") for row in rows.itertuples()]
    st.caption(
        " · ".join(
            f"{say(name)} {say(Number(float(row.stars), 2))} ({_('{n} reviews', n=Count(int(row.reviews)))})"
            for name, row in zip(names, rows.itertuples(), strict=True)
        )
    )


def _rated(found: Opinions) -> pd.DataFrame:
    rows = view.average_stars(found)
    return rows[rows["stars"].notna()]


def beside(asked: Asked) -> None:
    """Our topics against a rival's: who is better, proven or not, with quotes of both."""
    found: Opinions | None = workspaces.answer(view.opinions, asked.until)
    if found is None:
        return
    if not found.rivals:
        st.caption(_("With reviews of a rival (30 or more) the topics of both are compared here."))
        return
    options = ["", *found.rivals]
    with st.container(horizontal=True, gap="medium"):
        rival = st.selectbox(
            _("Rival"), options, format_func=lambda name: plain(name) if name else _("All rivals"), key="crival"
        )
        tone = st.segmented_control(
            _("Tone"),
            ["complaint", "praise"],
            format_func=lambda name: _("Complaints") if name == "complaint" else _("Praise"),
            default="complaint",
            key="ctone",
            required=True,
        )
    with errors.explained():
        table: pd.DataFrame = workspaces.answer(view.compared, str(rival), str(tone), asked.until)
        figure = kept.of(figures.compared, table, look())
        if figure() is None:
            st.caption(_("Nothing stands out from chance yet."))
            return
        charts.show(figure, "topics_compared")
        for row in kept.of(_proven, table)():
            st.markdown(f"**{say(str(row['topic']))}** · {say(_VERDICTS[str(row['verdict'])])}")
            _quotes((*row["quotes"][:1], *row["rival_quotes"][:1]))
        _compared_table(table)


def _proven(table: pd.DataFrame) -> list[dict[str, Any]]:
    return table[table["verdict"] != "open"].head(_SHOWN).to_dict("records")


def _compared_rows(table: pd.DataFrame) -> pd.DataFrame:
    verdicts = [plain(_VERDICTS[str(name)]) for name in table["verdict"]]
    return table[["topic", "own", "own_share", "rival", "rival_share", "q"]].assign(verdict=verdicts)


def _compared_table(table: pd.DataFrame) -> None:
    with st.expander(_("Every topic compared"), key="compared_all"):
        tables.show(
            kept.of(_compared_rows, table),
            "compared_table",
            {
                "topic": Shape(_("Topic")),
                "own": Shape(_("Our reviews"), "count"),
                "own_share": Shape(_("Our share"), "percent"),
                "rival": Shape(_("Their reviews"), "count"),
                "rival_share": Shape(_("Their share"), "percent"),
                "q": Shape(_("q value"), "number", _("Corrected for all topics compared; proven below 0.05.")),
                "verdict": Shape(_("Verdict")),
            },
            download="ecops_topics_compared",
        )
