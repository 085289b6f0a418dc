"""The market on the page: price bands, who holds it, ranges, titles, search words, notes, markets."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from ecops.competitors.market import demand, shares
from ecops.competitors.market import view as market_view
from ecops.competitors.market.view import Market
from ecops.competitors.market.words import parameter_table
from ecops.competitors.reviews import view as reviews
from ecops.competitors.telling import figures, strengths, words
from ecops.competitors.view import Prices, Standing
from ecops.errors import EcopsError
from ecops.messages import Count, Money, Percent, Term
from ui.competitors.asked import Asked
from ui.parts import charts, errors, kept, tables
from ui.parts.tables import Shape
from ui.parts.text import _, look, plain, say
from ui.state import workspaces

if TYPE_CHECKING:
    from ecops.competitors.reviews.opinions import Opinions

_SIDES: dict[str, Term] = {
    "S": Term(en="Strengths", zh="优势"),
    "W": Term(en="Weaknesses", zh="劣势"),
    "O": Term(en="Opportunities", zh="机会"),
    "T": Term(en="Threats", zh="威胁"),
}
_PARTS: dict[str, Term] = {
    "size": Term(en="Size", zh="规模"),
    "growth": Term(en="Growth", zh="增速"),
    "competition": Term(en="Competition", zh="竞争"),
    "policy": Term(en="Policy", zh="政策"),
}
_MEASURED: dict[str, Term] = {
    "both": Term(en="both sell it", zh="双方都有"),
    "only_ours": Term(en="only we sell it", zh="只有我们有"),
    "only_theirs": Term(en="only they sell it", zh="只有对方有"),
}


def bands(asked: Asked) -> None:
    """Price bands of the market and ours, and who holds the market."""
    found = asked.market
    left, right = st.columns(2, gap="medium")
    with left:
        figure = kept.of(figures.band_bars, found.bands, asked.currency, look())
        if figure() is None:
            st.caption(_("Listings with prices show the price bands of the market here."))
        else:
            charts.show(figure, "price_bands", kept.of(_band_rows, found.bands), _band_shapes())
            _empty_bands(asked)
    with right:
        _holders(asked)


def _band_rows(bands: pd.DataFrame) -> pd.DataFrame:
    return bands.drop(columns="empty")


def _band_shapes() -> dict[str, Shape]:
    return {
        "low": Shape(_("From"), "money"),
        "high": Shape(_("To"), "money"),
        "products": Shape(_("Products"), "count"),
        "own_products": Shape(_("Ours"), "count"),
        "sales_share": Shape(_("Share of sales"), "percent"),
        "own_share": Shape(_("Share of ours"), "percent"),
        "per_product": Shape(_("Sales a product, mean is 1"), "number"),
    }


def _empty_bands(asked: Asked) -> None:
    empty = asked.market.bands[asked.market.bands["empty"]]
    for row in empty.to_dict("records"):
        st.caption(
            _(
                "We have nothing between {low} and {high}, where {share} of the market's sales lie.",
                low=Money(float(row["low"]), asked.currency),
                high=Money(float(row["high"]), asked.currency),
                share=Percent(float(row["sales_share"])),
            )
        )


def _holders(asked: Asked) -> None:
    found = asked.market
    if found.by_shop is None:
        st.caption(_("Listings with sales show who holds the market here."))
        return
    held = found.by_shop
    st.markdown(
        _(
            "Who holds the market: {label}. First one {cr1}, three {cr3}, ten {cr10}; HHI {hhi}, of {n} sellers in "
            "the table.",
            label=words.BANDS[held.label],
            cr1=Percent(held.cr1, 0),
            cr3=Percent(held.cr3, 0),
            cr10=Percent(held.cr10, 0),
            hhi=Count(held.hhi),
            n=held.n,
        )
    )
    tables.show(
        kept.of(_structure, found),
        "market_structure",
        {
            "shop": Shape(_("Shop")),
            "share": Shape(_("Share of sales"), "percent"),
            "products": Shape(_("Products"), "count"),
            "hot_share": Shape(_("Best tenth sells"), "percent"),
            "tail": Shape(
                _("Long tail"), "percent", _("Share of products that together make the last fifth of sales.")
            ),
            "gini": Shape(_("Gini"), "number"),
        },
        download="ecops_market",
    )
    if len(found.voice):
        st.markdown(_("**Share of voice** by rank, first places count more:"))
        tables.show(
            kept.of(_voice, found),
            "voice",
            {
                "shop": Shape(_("Shop")),
                "places": Shape(_("Places"), "count"),
                "voice": Shape(_("Share of voice"), "percent"),
                "best": Shape(_("Best place"), "count"),
            },
        )


def _structure(found: Market) -> pd.DataFrame:
    """Who holds the market, the largest first."""
    assert found.by_shop is not None
    leaders = pd.DataFrame(found.by_shop.leaders, columns=["shop", "share"])
    table = found.structure.merge(leaders, on="shop", how="left").sort_values("share", ascending=False)
    return table[["shop", "share", "products", "hot_share", "tail", "gini"]]


def _voice(found: Market) -> pd.DataFrame:
    return found.voice


def ranges(asked: Asked) -> None:
    """What both sell, what only one of us sells, against one rival."""
    found = asked.prices
    if found is None or found.shelf is None or found.pairs.empty:
        return
    rivals = list(found.by_shop)
    shop = st.selectbox(_("Range against"), rivals, format_func=plain, key="crange")
    tables.show(
        kept.of(_assortment, found, shop),
        "ranges",
        {
            "part": Shape(_("Range")),
            "products": Shape(_("Products"), "count"),
            "value": Shape(_("Sales in 30 days"), "money"),
            "share": Shape(_("Share"), "percent"),
        },
        asked.currency,
    )
    lacking = kept.of(_lacking, found, shop)
    if len(lacking()):
        st.caption(_("Their best sellers that we do not carry:"))
        tables.show(
            lacking,
            "lacking",
            {
                "title": Shape(_("Product")),
                "price": Shape(_("Price"), "money"),
                "sales": Shape(_("Units in 30 days"), "count"),
                "value": Shape(_("Sales in 30 days"), "money"),
            },
            asked.currency,
        )


def _valued(found: Prices) -> pd.DataFrame:
    assert found.shelf is not None
    return found.shelf.rows.assign(value=found.shelf.rows["sales"] * found.shelf.rows["price"])


def _pairs_of(found: Prices, shop: str) -> pd.DataFrame:
    return found.pairs[found.pairs["shop"] == shop].rename(columns={"sku": "a_id", "rival_sku": "b_id"})


def _assortment(found: Prices, shop: str) -> pd.DataFrame:
    """What both sell and what only one of us sells."""
    rows = _valued(found)
    table = shares.assortment(rows[rows["own"]], rows[rows["shop"] == shop], _pairs_of(found, shop))
    return table.assign(part=[plain(_MEASURED[str(part)]) for part in table["part"]])


def _lacking(found: Prices, shop: str) -> pd.DataFrame:
    """The best sellers of a rival that we do not sell."""
    rows, pairs = _valued(found), _pairs_of(found, shop)
    lacking = rows[(rows["shop"] == shop) & ~rows["sku"].isin(pairs["b_id"])].nlargest(5, "value")
    return lacking[["title", "price", "sales", "value"]]


def titles(asked: Asked) -> None:
    """Words of titles, parameters side by side, claims and their support, launches."""
    found = asked.market
    if len(found.title_words):
        tables.show(
            kept.of(_title_words, found),
            "title_words",
            {
                "word": Shape(_("Title word")),
                "kind": Shape(_("What to do")),
                "peers_share": Shape(_("In rivals' titles, by sales"), "percent"),
                "own_share": Shape(_("In ours"), "percent"),
            },
            download="ecops_titles",
        )
    _parameters(asked)
    if len(found.claims):
        st.markdown(_("**Claims with a number, and whether they are supported**"))
        tables.show(
            kept.of(_claims, found),
            "claims",
            {
                "shop": Shape(_("Rival")),
                "practice": Shape(_("Claim")),
                "figure": Shape(_("Their figure"), "number"),
                "our_figure": Shape(_("Our figure"), "number"),
                "evidence": Shape(_("Evidence")),
                "support": Shape(_("Support")),
            },
        )


def launches(asked: Asked) -> None:
    """New products of the last months, with how many each shop brought out."""
    found = asked.market
    if len(found.launched):
        st.markdown(_("**New products**"))
        tables.show(
            kept.of(_rhythm, found),
            "launch_rhythm",
            {
                "shop": Shape(_("Shop")),
                "launches": Shape(_("In half a year"), "count"),
                "a_month": Shape(_("A month"), "number"),
                "price": Shape(_("Median price"), "money"),
                "newest": Shape(_("Newest"), "date"),
            },
            asked.currency,
        )
        fold = st.expander(_("Every new product"), key="launches_box")
        with fold:
            tables.show(
                kept.of(_launched, found),
                "launches",
                {
                    "launched": Shape(_("Launched"), "date"),
                    "shop": Shape(_("Shop")),
                    "title": Shape(_("Product")),
                    "price": Shape(_("Price"), "money"),
                },
                asked.currency,
            )


def _title_words(found: Market) -> pd.DataFrame:
    table = found.title_words.assign(kind=[plain(words.WORD_KINDS[str(kind)]) for kind in found.title_words["kind"]])
    return table[["word", "kind", "peers_share", "own_share"]]


def _claims(found: Market) -> pd.DataFrame:
    return found.claims.assign(support=[plain(words.SUPPORT[str(one)]) for one in found.claims["support"]])


def _rhythm(found: Market) -> pd.DataFrame:
    return found.rhythm.assign(newest=[day.date() for day in found.rhythm["newest"]])


def _launched(found: Market) -> pd.DataFrame:
    table = found.launched.assign(launched=[day.date() for day in found.launched["launched"]])
    return table[["launched", "shop", "title", "price"]].head(50)


def _parameters(asked: Asked) -> None:
    """One of our products beside its pairs, parameter by parameter."""
    prices = asked.prices
    if prices is None or prices.shelf is None or prices.pairs.empty:
        return
    names = kept.of(_with_parameters, prices)()
    if not names:
        return
    sku = st.selectbox(_("Parameters of"), list(names), format_func=lambda key: plain(names[key]), key="cparameters")
    shapes = {"parameter": Shape(_("Parameter")), "differs": Shape(_("Differs"), "flag")}
    tables.show(kept.of(_parameter_rows, prices, sku), "parameters", shapes)


def _with_parameters(prices: Prices) -> dict[str, str]:
    """Our products whose parameters are known beside those of a pair: number -> title."""
    assert prices.shelf is not None
    rows = prices.shelf.rows[prices.shelf.rows["parameters"].notna()]
    told = prices.pairs[prices.pairs["sku"].isin(rows.loc[rows["own"], "sku"])]
    return dict(zip(told["sku"], told["title"], strict=True))


def _parameter_rows(prices: Prices, sku: str) -> pd.DataFrame:
    """Parameter by parameter, ours and those of the pairs."""
    assert prices.shelf is not None
    rows = prices.shelf.rows[prices.shelf.rows["parameters"].notna()]
    mine = rows[(rows["sku"] == sku) & rows["own"]].assign(name=_("ours"))
    pairs = prices.pairs[prices.pairs["sku"] == sku]
    theirs = rows[rows["sku"].isin(pairs["rival_sku"]) & ~rows["own"]].assign(name=lambda frame: frame["shop"])
    return parameter_table(pd.concat([mine, theirs])[["name", "parameters"]])


def demanded(asked: Asked) -> None:
    """Search words by demand and competition, index values as ranks, crowds."""
    found = asked.market
    if len(found.terms):
        tables.show(
            kept.of(_terms, found),
            "search_words",
            {
                "keyword": Shape(_("Search word")),
                "label": Shape(_("Opportunity")),
                "demand": Shape(_("Demand, place"), "percent", _("Place among the words of the table; no amount.")),
                "competition": Shape(_("Competition, place"), "percent"),
                "conversion": Shape(_("Conversion, place"), "percent"),
                "score": Shape(_("Score"), "number"),
            },
            download="ecops_search_words",
        )
    if len(found.indices):
        st.markdown(_("**Index values as ranks and ratios.** They are no amounts and never become money."))
        tables.show(
            kept.of(_indices, found),
            "indices",
            {
                "shop": Shape(_("Shop")),
                "title": Shape(_("Product")),
                "index": Shape(_("Index")),
                "rank": Shape(_("Rank"), "count"),
                "of": Shape(_("Out of"), "count"),
                "ratio": Shape(_("Ratio"), "number", _("To our own index where it is there, else to the median.")),
            },
            download="ecops_indices",
        )
    if len(found.crowds):
        st.markdown(_("**Who buys**"))
        tables.show(kept.of(_crowds, found), "crowds")
    if not (len(found.terms) or len(found.indices) or len(found.crowds)):
        st.caption(_("Market, ranking and crowd reports of the platforms show search words and ranks here."))


def _terms(found: Market) -> pd.DataFrame:
    return found.terms.assign(label=[plain(shares.LABELS[str(label)]) for label in found.terms["label"]])


def _indices(found: Market) -> pd.DataFrame:
    names = [tables.canonical_shape(str(name)).label for name in found.indices["index"]]  # type: ignore[union-attr]
    return _told(found.indices.drop(columns="to_own")).assign(index=names)


def _crowds(found: Market) -> pd.DataFrame:
    return found.crowds.drop(columns=["date", "platform"])


def _told(rows: pd.DataFrame) -> pd.DataFrame:
    """The table without the columns of products where the report is of shops."""
    return rows.drop(columns=[name for name in ("sku", "title") if rows[name].fillna("").eq("").all()])


def practices(asked: Asked) -> None:
    """What was seen at rivals: live rooms, service, private communities."""
    rows = asked.market.practices
    if rows.empty:
        return
    st.markdown(_("**Seen at rivals**"))
    tables.show(kept.of(_practices, rows), "practices")


def _practices(rows: pd.DataFrame) -> pd.DataFrame:
    table = rows.assign(
        subject=[plain(words.SUBJECTS.get(str(name), str(name))) for name in rows["subject"]],
        date=rows["date"].dt.date,
    )
    return table[["date", "shop", "subject", "practice"]]


def markets(asked: Asked) -> None:
    """Markets by potential, with weights that everybody sees."""
    if len(asked.market.markets) < 2:
        return
    st.markdown(_("**Which market next?**"))
    with st.container(horizontal=True):
        for name, weight in demand.WEIGHTS.items():
            st.slider(plain(_PARTS[name]), 0, 100, round(100 * weight), key=f"weight_{name}", width=180)
    weights = tuple((name, float(st.session_state[f"weight_{name}"])) for name in demand.WEIGHTS)
    try:
        found = workspaces.answer(ranked, weights)
    except EcopsError as error:
        errors.show(error)
        return
    shapes = {"market": Shape(_("Market")), "score": Shape(_("Score"), "number")}
    shapes |= {name: Shape(plain(_PARTS[name]), "number") for name in demand.WEIGHTS}
    shapes |= {"lacking": Shape(_("Parts not known"), "count"), "close": Shape(_("Close call"), "flag")}
    tables.show(found.table, "markets", shapes, download="ecops_markets")
    st.caption(
        _("The first place stands when any weight is halved or doubled.")
        if found.firm
        else _("The first place depends on the weights.")
    )


def ranked(data: object, weights: tuple[tuple[str, float], ...]) -> demand.Potential | None:
    """The markets by potential, for `workspaces.answer`."""
    return market_view.ranked_markets(data, dict(weights))


def plan(asked: Asked) -> None:
    """Strengths, weaknesses, opportunities and threats, and the positioning card."""
    said = workspaces.answer(reviews.opinions, asked.until)
    sides = kept.of(_sides, asked.standing, asked.prices, asked.market, said)()
    columns = st.columns(2, gap="medium")
    for place, (side, lines) in enumerate(sides.items()):
        with columns[place % 2], st.container(border=True, key=f"swot_{side}"):
            st.markdown(f"**{say(_SIDES[side])}**")
            if not lines:
                st.caption(_("No number speaks for one."))
            for line in lines:
                st.markdown(f"- {say(line.text)}")
                st.caption(_("Rests on {evidence}", evidence=words.evidence(line.evidence)))
    told = kept.of(strengths.card, asked.standing, asked.prices, asked.market, sides)()
    if told:
        with st.container(border=True, key="positioning"):
            st.markdown(_("**Positioning**"))
            st.markdown("\n".join(f"- {say(line)}" for line in told))


def _sides(
    standing: Standing | None, prices: Prices | None, market: Market, said: Opinions | None
) -> dict[strengths.Side, tuple[strengths.Line, ...]]:
    return strengths.swot(standing, prices, market, strengths.of_reviews(said))
