"""Prices on the page: the index, where each product stands, pairs to confirm, what rivals did, promotions."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from ecops.competitors.matching import answers
from ecops.competitors.matching.pairs import REASONS
from ecops.competitors.pricing.place import position
from ecops.competitors.pricing.text import parse_price
from ecops.competitors.telling import figures, words
from ecops.competitors.view import Prices
from ecops.messages import Message, Money, Number, Percent
from ui.competitors.asked import Asked
from ui.parts import charts, errors, kept, tables
from ui.parts.tables import Shape
from ui.parts.text import _, language, look, plain, say
from ui.state import workspaces

if TYPE_CHECKING:
    from ecops.competitors.matching.pairs import Matched

_QUEUE = 8
"""Pairs asked about at once."""


def index(asked: Asked) -> None:
    """The price index in a sentence, the gaps as a picture, each rival and each average."""
    found = asked.prices
    if found is None or not found.indexes:
        st.caption(_("Load listings of your own shelf and of a rival: what both sell is found and compared."))
        _reader()
        return
    main = found.indexes["median"]
    if main.headline:
        st.markdown(f"**{say(_index_sentence(main))}**")
    else:
        st.caption(_("Too few pairs, or too little of your sales in them, for one number."))
    for note in main.notes:
        st.caption(say(note))
    left, right = st.columns(2, gap="medium")
    with left:
        figure = kept.of(figures.gap_histogram, found.pairs, look())
        if figure() is not None:
            charts.show(figure, "price_gaps")
    with right:
        tables.show(
            kept.of(_index_rows, found),
            "price_index_table",
            {
                "name": Shape(_("All rivals, then each")),
                "value": Shape(
                    _("Index"), "number", _("100 is the rival's price. The mean of ratios always lies too high.")
                ),
                "interval": Shape(_("95% interval"), "figure"),
                "n": Shape(_("Pairs"), "count"),
            },
            download="ecops_price_index",
        )
        st.caption(_("Your sales in the pairs: {share}.", share=Percent(main.coverage, 0)))


def _index_rows(found: Prices) -> pd.DataFrame:
    """Each average over all rivals, then each rival."""
    kinds = {"median": _("Median"), "geo": _("Geometric mean"), "basket": _("Basket"), "mean": _("Mean of ratios")}
    rows = [(kinds[kind], one) for kind, one in found.indexes.items()] + list(found.by_shop.items())
    return pd.DataFrame(
        {
            "name": [plain(name) for name, _one in rows],
            "value": [one.value for _name, one in rows],
            "interval": [_interval(one.low, one.high) for _name, one in rows],
            "n": [one.n for _name, one in rows],
        }
    )


def _index_sentence(main: object) -> Message:
    value, low, high = (float(getattr(main, name)) for name in ("value", "low", "high"))
    fields = {"value": Number(value, 1), "low": Number(low, 1), "high": Number(high, 1)}
    if low > 100:
        return Message("We are dearer than rivals for the same goods: index {value} ({low} to {high}).", **fields)
    if high < 100:
        return Message("We are cheaper than rivals for the same goods: index {value} ({low} to {high}).", **fields)
    return Message("Our prices cannot be told from those of rivals: index {value} ({low} to {high}).", **fields)


def _interval(low: float, high: float) -> str:
    return f"{low:.1f} – {high:.1f}" if math.isfinite(low) else "—"


def places(asked: Asked) -> None:
    """Every product of ours with a rival, its place in the band and what the rule says."""
    found = asked.prices
    if found is None or found.places.empty:
        return
    counted = kept.of(_counted, found)()
    kinds = list(counted)
    labels = {name: plain(words.PLACES[name]) if name else _("All") for name in kinds}
    chosen = st.segmented_control(
        _("Place"),
        kinds,
        format_func=lambda name: f"{labels[name]} {counted[name]}",
        default="",
        key="cplace",
        required=True,
        label_visibility="collapsed",
    )
    shapes = {
        "title": Shape(_("Product")),
        "price": Shape(_("Ours"), "money"),
        "reference": Shape(_("Median of rivals"), "money"),
        "gap": Shape(_("Gap"), "percent"),
        "rivals": Shape(_("Rivals"), "count"),
        "verdict": Shape(_("Place"), "text", _("The handbook's band: 20% around the rival's price.")),
        "step": Shape(_("Step")),
        "reason": Shape(_("Why")),
    }
    # What is left of the cost is as secret as the cost.
    secret = not tables.door.may_see(("products.cost",), tables.door.reader())
    if not secret:
        shapes["floor"] = Shape(_("Lowest price at 30% margin"), "money")
    table = kept.of(_place_rows, found, str(chosen or ""), secret)
    tables.show(table, "price_places", shapes, asked.currency, download="ecops_price_places")


def _counted(found: Prices) -> dict[str, int]:
    """How many products stand at each place; "" for all of them."""
    counts = {name: int((found.places["verdict"] == name).sum()) for name in words.PLACES}
    return {"": len(found.places), **{name: n for name, n in counts.items() if n}}


def _place_rows(found: Prices, chosen: str, secret: bool) -> pd.DataFrame:
    """The products at one place, or all; without what is as secret as the cost where it is."""
    shown = found.places if not chosen else found.places[found.places["verdict"] == chosen]
    table = pd.DataFrame(
        {
            "title": shown["title"],
            "price": shown["price"],
            "reference": shown["reference"],
            "gap": shown["gap"],
            "rivals": shown["rivals"],
            "verdict": [plain(words.PLACES[str(name)]) for name in shown["verdict"]],
            "floor": shown["floor"],
            "step": [plain(words.STEPS[str(name)]) for name in shown["step"]],
            "reason": [plain(found.positions[str(sku)].reason) for sku in shown["sku"]],
        }
    )
    return table.drop(columns="floor") if secret else table


def _reader() -> None:
    """Try the reading of prices on any text."""
    with st.expander(_("Read a price text"), key="price_reader"):
        calculator()


def calculator() -> None:
    """One price text, read; and where a price of ours would stand beside it."""
    left, right = st.columns(2)
    text = left.text_input(
        _("Price as the page writes it"), key="price_text", max_chars=200, placeholder="券后 89 元 / 3件99元 / $15.99"
    )
    ours = right.number_input(_("Our price of one piece"), min_value=0.0, key="price_ours", format="%.2f")
    if not text:
        return
    found = parse_price(text, language())
    if not math.isfinite(found.unit_price):
        st.caption(_("The text names no price."))
        return
    st.markdown(_("One piece: {price}", price=Money(found.unit_price, found.currency)))
    if ours > 0:
        st.markdown(say(position(ours, found.unit_price, currency=found.currency).reason))


def queue(asked: Asked) -> None:
    """Pairs that a person should look at, the dearest first."""
    found = asked.prices
    if found is None or found.matched is None:
        st.caption(_("Pairs of products appear here once listings of a rival are loaded."))
        return
    matched = found.matched
    st.markdown(
        _(
            "{n} pairs count, {queue} wait for a look, {answers} were answered.",
            n=len(matched.pairs),
            queue=len(matched.queue),
            answers=matched.answers,
        )
    )
    for note in matched.notes:
        st.caption(say(note))
    asked_of = matched.queue.head(_QUEUE)
    if workspaces.is_sample() and len(asked_of):
        st.caption(_("Pairs can be confirmed in a shop of your own."))
    for place, row in enumerate(asked_of.to_dict("records")):
        _pair(row, place, asked.currency)
    errors.told("pairs")
    with st.expander(_("Every pair"), key="pairs_all"):
        tables.show(
            kept.of(_pair_rows, matched),
            "pairs_table",
            {
                "title": Shape(_("Ours")),
                "shop": Shape(_("Rival")),
                "rival_title": Shape(_("Theirs")),
                "own_price": Shape(_("Our price"), "money"),
                "rival_price": Shape(_("Their price"), "money"),
                "prob": Shape(_("How likely"), "percent"),
                "reason": Shape(_("Why")),
            },
            asked.currency,
            download="ecops_pairs",
        )


def _pair_rows(matched: Matched) -> pd.DataFrame:
    """Every pair that nobody has rejected."""
    rows = matched.table[matched.table["status"] != "rejected"]
    columns = rows[["title", "shop", "rival_title", "own_price", "rival_price", "prob"]]
    return columns.assign(reason=[plain(REASONS[str(key)]) for key in rows["reason"]])


def _pair(row: dict[str, object], place: int, currency: str) -> None:
    with st.container(border=True, key=f"pair_{place}"):
        told, buttons = st.columns([4, 2], vertical_alignment="center")
        with told:
            st.markdown(
                f"{say(str(row['title']))} · {say(Money(float(row['own_price']), currency))}  \n"  # type: ignore[arg-type]
                f"{say(str(row['shop']))}: {say(str(row['rival_title']))} · "
                f"{say(Money(float(row['rival_price']), currency))}"  # type: ignore[arg-type]
            )
            st.caption(f"{say(Percent(float(row['prob']), 0))} · {say(REASONS[str(row['reason'])])}")  # type: ignore[arg-type]
        if not workspaces.is_sample():
            pair = str(row["shop"]), str(row["ours"]), str(row["theirs"])
            with buttons, st.container(horizontal=True):
                st.button(_("Same"), key=f"same_{place}", on_click=_answer, args=(*pair, True))
                st.button(_("Different"), key=f"different_{place}", on_click=_answer, args=(*pair, False))


def _answer(shop: str, ours: str, theirs: str, same: bool) -> None:
    with errors.kept("pairs"):
        answers.remember(workspaces.current().state, shop, (ours, theirs), same, "app")


def changes(asked: Asked) -> None:
    """What rivals did lately, and their promotions over time."""
    found = asked.prices
    if found is None or (found.changes.empty and found.episodes.empty):
        st.caption(_("A history of prices shows cuts, promotions and empty shelves of rivals here."))
        return
    for row in found.changes.head(5).to_dict("records"):
        st.markdown(
            f"- {say(row['date'].date())} · **{say(str(row['shop']))}** {say(words.CHANGES[str(row['change'])])} · "
            f"{say(str(row['title'] or row['sku']))}" + _step(row, asked.currency)
        )
    figure = kept.of(figures.calendar, found.episodes, look())
    if figure() is None:
        return
    charts.show(
        figure,
        "promotions",
        kept.of(_promotions, found.episodes),
        {
            "shop": Shape(_("Shop")),
            "title": Shape(_("Product")),
            "start": Shape(_("From"), "date"),
            "end": Shape(_("To"), "date"),
            "days": Shape(_("Days"), "count"),
            "usual": Shape(_("Usual price"), "money"),
            "price": Shape(_("Lowest price"), "money"),
            "depth": Shape(_("Depth"), "percent"),
            "overlap": Shape(_("Days on which others promote too"), "percent"),
        },
    )


def _promotions(rows: pd.DataFrame) -> pd.DataFrame:
    table = rows.assign(start=[day.date() for day in rows["start"]], end=[day.date() for day in rows["end"]])
    return table[["shop", "title", "sku", "start", "end", "days", "usual", "price", "depth", "overlap"]]


def _step(row: dict[str, object], currency: str) -> str:
    before, after = float(row["before"]), float(row["after"])  # type: ignore[arg-type]
    if not math.isfinite(before):
        return ""
    return f" · {say(Money(before, currency))} → {say(Money(after, currency))}"
