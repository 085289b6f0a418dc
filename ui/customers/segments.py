"""Who the customers are and how they moved."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd
import streamlit as st

from ecops.customers import answers
from ecops.customers.scoring import figures
from ecops.errors import DataError
from ecops.messages import Count, Money, Percent
from ui.customers.choices import Looked, choose, segment_labels
from ui.parts import charts, cites, kept, tables
from ui.parts.tables import Shape
from ui.parts.text import _, look, paragraphs, plain, say, small


def summary(looked: Looked) -> None:
    """Four figures about coming back, and what a reader must know about the data."""
    found = looked.answer(answers.coming_back, looked.asked.until)
    cards = (
        (
            _("Customers"),
            say(Count(len(looked.segments.rfm))),
            None,
            _("With an order that stands in the time chosen."),
        ),
        (_("Repeat rate"), *_share(found.repeat), _("Customers with two orders or more, of all there ever were.")),
        (
            _("Second order in {days} days", days=found.window_days),
            *_share(found.second_mature),
            _("Of new customers whose {days} days are over.", days=found.window_days),
        ),
        (
            _("Stayed away"),
            *_share(found.churn),
            _("Of those who ordered in the 90 days before the last 90, ordered nothing in the last 90."),
        ),
    )
    with st.grid(4, min_column_width=160, gap="xsmall", key="figure_cards"):
        for label, value, between, meaning in cards:
            st.metric(label, value, help=f"{meaning} {between or ''}".strip(), border=True, height="stretch")
    cites.show(["customer.repurchase_window_days"])
    if notes := (*looked.book.notes, *looked.segments.scores.cuts.notes):
        st.caption(paragraphs(*map(say, notes)))


def _share(found: object) -> tuple[str, str]:
    value, low, high, n = (getattr(found, name) for name in ("value", "low", "high", "n"))
    if not math.isfinite(value):
        return "—", ""
    between = _("Between {low} and {high} (95%), of {n}.", low=Percent(low), high=Percent(high), n=Count(n))
    return say(Percent(value)), between


def maps(looked: Looked) -> None:
    """The segments and the map of scores, with the cut-offs in business units."""
    found = looked.segments
    left, right = st.columns([3, 2], gap="medium")
    with left:
        table = kept.of(_table, found)
        charts.show(
            kept.of(figures.segment_bars, found, look()),
            "segment_bars",
            table,
            _shapes(),
            currency=looked.currency,
        )
    with right:
        charts.show(kept.of(figures.score_map, found, look()), "score_map")
    if found.rule is not None:
        st.caption(say(found.rule))
    else:
        _cuts(looked)


def _table(segments: Any) -> pd.DataFrame:
    names = {entry.key: plain(entry.label) for entry in segments.scheme.segments}
    table = segments.table()
    table = table[table["customers"] > 0]
    meaning = {entry.key: plain(entry.meaning) for entry in segments.scheme.segments}
    return table.assign(meaning=table["segment"].map(meaning), segment=table["segment"].map(names))


def _shapes() -> dict[str, Shape]:
    return {
        "segment": Shape(_("Segment")),
        "customers": Shape(_("Customers"), "count"),
        "share": Shape(_("Share of customers"), "percent"),
        "money": Shape(_("Net sales"), "money"),
        "money_share": Shape(_("Share of sales"), "percent"),
        "orders": Shape(_("Orders"), "count"),
        "days_since_last": Shape(_("Days since the last order (middle)"), "count"),
        "frequency": Shape(_("Orders each"), "number"),
        "money_each": Shape(_("Net sales each"), "money"),
        "meaning": Shape(_("Who they are")),
    }


def _cuts(looked: Looked) -> None:
    """What earns each score, so that nobody has to believe in digits."""
    with st.expander(_("What earns each score"), key="customer_cuts", on_change="rerun", type="compact") as box:
        if not box.open:
            return
        tables.show(
            kept.of(_cut_rows, looked.segments),
            key="customer_cut_table",
            shapes={
                "score": Shape(_("Score")),
                "recency": Shape(_("Last order at most so many days ago"), "count"),
                "frequency": Shape(_("Orders, at least"), "count"),
                "money": Shape(_("Net sales, at least"), "money"),
            },
            currency=looked.currency,
        )
        st.caption(_("Customers with equal figures always have equal scores; a score nobody earns is left out."))


def _cut_rows(segments: Any) -> pd.DataFrame:
    cuts = segments.scores.cuts
    rows = [
        {
            "score": str(place + 1),
            "recency": _cut(cuts.recency[place], place),
            "frequency": _cut(cuts.frequency[place], place),
            "money": _cut(cuts.money[place], place),
        }
        for place in range(cuts.bins)
    ]
    return pd.DataFrame(rows)


def _cut(value: float, place: int) -> float:
    return value if place and math.isfinite(value) else math.nan


def _moved(moves: Any, names: tuple[tuple[str, str], ...]) -> pd.DataFrame:
    table, words = moves.table(), dict(names)
    return table.assign(origin=table["origin"].map(words), target=table["target"].map(words))


def migration(looked: Looked) -> None:
    """From where to where customers moved, and whether they moved or the yardstick did."""
    with st.container(horizontal=True, gap="small"):
        days = choose("cust_step", _("Moved within"), {"28": _("28 days"), "91": _("91 days"), "182": _("182 days")})
        cuts = choose(
            "cust_cuts", _("Measured with"), {"frozen": _("the first day's cut-offs"), "refit": _("each day's own")}
        )
    try:
        moves = looked.answer(answers.moves, looked.asked, int(days), cuts)
    except DataError as error:
        st.caption(f"{say(error.what)} {say(error.hint) if error.hint is not None else ''}")
        return
    names = {**segment_labels(looked), "": _("no order in the window")}
    charts.show(
        kept.of(figures.migration_map, moves, look()),
        "migration",
        kept.of(_moved, moves, tuple(names.items())),
        {
            "origin": Shape(_("From")),
            "target": Shape(_("To")),
            "customers": Shape(_("Customers"), "count"),
            "money": Shape(_("Their net sales before"), "money"),
        },
        currency=looked.currency,
    )
    moved = _(
        "{moved} customers moved by what they did or did not do; another {shifted} would be named differently only "
        "because the cut-offs were read off anew. {new} customers are new.",
        moved=Count(moves.moved),
        shifted=Count(moves.shifted),
        new=Count(int(moves.newcomers.sum())),
    )
    told = [small(moved)]
    n, money = kept.numbers(_fallen, moves, tuple(sorted(_alive(looked))))()
    if n:
        told.append(
            _(
                "{n} of the good customers fell away; they had spent {money} in the time before.",
                n=Count(n),
                money=Money(money, looked.currency),
            )
        )
    st.markdown(paragraphs(*told))


def _fallen(moves: Any, alive: tuple[str, ...]) -> tuple[int, float]:
    """Good customers who are among those that are gone now, and what they had spent."""
    table = moves.table()
    fallen = table[table["origin"].isin(answers.GOOD) & ~table["target"].isin(alive)]
    return int(fallen["customers"].sum()), float(fallen["money"].sum())


def _alive(looked: Looked) -> set[str]:
    return {entry.key for entry in looked.segments.scheme.segments if entry.alive}
