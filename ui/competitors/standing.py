"""Peers on the page: cards, who they are, the gap of each figure, the library of reference values."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd
import streamlit as st

from ecops.competitors.standing.gaps import kpis
from ecops.competitors.telling import asking, figures, words
from ecops.messages import Count, Money, MoneyRange, Number, Percent, write
from ui.competitors.asked import Asked
from ui.parts import charts, kept, tables
from ui.parts.tables import Shape
from ui.parts.text import _, language, look, plain, say
from ui.state import workspaces

_FEW = 5


def cards(asked: Asked) -> None:
    """At most five figures; only those that are known."""
    shown: list[tuple[str, str, str]] = []
    if asked.standing is not None and asked.standing.whole is not None:
        whole = asked.standing.whole
        shown.append(
            (
                _("Reaching the median peer"),
                plain(Money(whole.target - whole.base, asked.currency)),
                _(
                    "What all factors of GMV at the median of the peers would bring together; an opportunity, no "
                    "forecast."
                ),
            )
        )
    shown += _of_conversion(asked) + _of_prices(asked)
    held = asked.market.by_shop
    if held is not None:
        shown.append(
            (
                _("First three hold"),
                plain(Percent(held.cr3, 0)),
                _(
                    "Share of the sales in the table of listings. HHI {hhi}, {n} sellers.",
                    hhi=Count(held.hhi),
                    n=held.n,
                ),
            )
        )
    if not shown:
        return
    with st.grid(min(len(shown), 5), min_column_width=148, gap="xsmall", key="figure_cards"):
        for label, value, meaning in shown[:5]:
            st.metric(label, value, help=meaning, border=True, height="stretch")


def _of_conversion(asked: Asked) -> list[tuple[str, str, str]]:
    if asked.standing is None:
        return []
    table = asked.standing.gaps.table
    rows = table[(table["kpi"] == "conversion_rate") & table["percentile"].notna()]
    if rows.empty:
        return []
    row = rows.iloc[0]
    meaning = _(
        "Share of peers that convert less: {percentile} ({low} to {high}, 90%), {n} peers.",
        percentile=Percent(float(row["percentile"]), 0),
        low=Percent(float(row["percentile_low"]), 0),
        high=Percent(float(row["percentile_high"]), 0),
        n=int(row["n_peers"]),
    )
    return [(_("Conversion against peers"), plain(Percent(float(row["gap_rel"]), signed=True)), meaning)]


def _of_prices(asked: Asked) -> list[tuple[str, str, str]]:
    if asked.prices is None:
        return []
    found = []
    index = asked.prices.indexes.get("median")
    if index is not None and index.headline:
        found.append(
            (
                _("Price index"),
                plain(Number(index.value, 1)),
                _(
                    "100 x our price / the rival's, median of {n} pairs; {low} to {high} (95%).",
                    n=index.n,
                    low=Number(index.low, 1),
                    high=Number(index.high, 1),
                ),
            )
        )
    cuts = int((asked.prices.changes["change"] == "price_cut").sum()) if len(asked.prices.changes) else 0
    found.append((_("Price cuts of rivals"), plain(Count(cuts)), _("In the last four weeks, and still holding.")))
    return found


def who(asked: Asked) -> None:
    """Who is compared with, and why those."""
    found = asked.standing
    if found is None:
        st.caption(_("A table of peers is missing: shop, span, visitors, conversion, order value."))
        return
    if found.peer_set.tier:
        st.markdown(
            _(
                "Your tier by sales: **{tier}**. {n} of {all} peers are of it.",
                tier=found.peer_set.tier,
                n=len(found.peer_set.same_tier),
                all=len(found.peer_set.shops),
            )
        )
    rows = found.peer_set.shops
    chosen = rows[rows["chosen"]]
    for row in chosen.to_dict("records"):
        st.markdown(
            f"- **{say(str(row['shop']))}** · {say(words.KINDS[str(row['kind'])])} · "
            f"{say(found.peer_set.reasons[str(row['shop'])])}"
        )


def gaps(asked: Asked) -> None:
    """The gap of each figure as a picture and as a table."""
    found = asked.standing
    if found is None or not len(found.gaps.table):
        st.caption(_("No figure is known for both sides and the same span."))
        return
    left, right = st.columns([3, 2], gap="medium")
    with left:
        figure = kept.of(figures.gap_bullets, found.gaps, asked.currency, look())
        if figure() is not None:
            charts.show(figure, "peer_gaps")
    with right:
        wheel = kept.of(figures.radar, found.gaps, look())
        if wheel() is not None:
            charts.show(wheel, "peer_radar")
    _gap_table(asked)
    _together(asked)


def _gap_table(asked: Asked) -> None:
    assert asked.standing is not None
    tables.show(
        kept.of(_gap_rows, asked.standing.gaps.table, asked.currency),
        "peer_table",
        {
            "kpi": Shape(_("Figure")),
            "own": Shape(_("Ours"), "figure"),
            "median": Shape(_("Median peer"), "figure"),
            "top": Shape(_("Best quarter"), "figure"),
            "n": Shape(_("Peer shops"), "count"),
            "percentile": Shape(_("Percentile (90%)"), "figure", _("Share of peers that are less favourable than us.")),
            "verdict": Shape(_("Verdict"), "text", _("Only when both intervals say so.")),
            "money": Shape(_("Worth"), "figure", _("What the median peer's figure would bring; no forecast.")),
        },
        download="ecops_peers",
    )


def _gap_rows(gaps: pd.DataFrame, currency: str) -> pd.DataFrame:
    rows = gaps.to_dict("records")
    return pd.DataFrame(
        {
            "kpi": [plain(kpis()[str(row["kpi"])].label) for row in rows],
            "own": [_figure(row, "own", currency) for row in rows],
            "median": [_figure(row, "median", currency) for row in rows],
            "top": [_figure(row, "top", currency) for row in rows],
            "n": [int(row["n_peers"]) for row in rows],
            "percentile": [_percentile(row) for row in rows],
            "verdict": [plain(words.VERDICTS[str(row["verdict"])]) for row in rows],
            "money": [_worth(row, currency) for row in rows],
        }
    )


def _figure(row: dict[str, object], name: str, currency: str) -> str:
    return write(words.figure(str(row["kpi"]), float(row[name]), currency), language())  # type: ignore[arg-type]


def _percentile(row: dict[str, object]) -> str:
    value, low, high = (float(row[name]) for name in ("percentile", "percentile_low", "percentile_high"))  # type: ignore[arg-type]
    if not math.isfinite(value):
        return "—"
    return f"{value:.0%} ({low:.0%}–{high:.0%})"


def _worth(row: dict[str, object], currency: str) -> str:
    money, low, high = (float(row[name]) for name in ("money", "money_low", "money_high"))  # type: ignore[arg-type]
    if not math.isfinite(money):
        return "—"
    told = plain(Money(money, currency))
    return f"{told} ({plain(MoneyRange(low, high, currency))})" if math.isfinite(low) else told


def _together(asked: Asked) -> None:
    assert asked.standing is not None
    whole = asked.standing.whole
    if whole is None:
        return
    parts: list[str] = [
        f"{say(kpis()[name].label)} {say(Money(value, asked.currency))}"
        for name, value in whole.parts.items()
        if abs(value) > 0
    ]
    st.caption(
        _(
            "All at once {money} {horizon}, shared out so that the parts add up: {parts}.",
            money=Money(whole.target - whole.base, asked.currency),
            horizon=words.horizon(asked.standing.spans.horizon),
            parts=", ".join(parts),
        )
    )


def _beside_peers(found: Any, sku: str) -> Any:
    return found.gaps(sku)


def _product_rows(gaps: pd.DataFrame, currency: str) -> pd.DataFrame:
    rows = gaps.to_dict("records")
    return pd.DataFrame(
        {
            "kpi": [plain(kpis()[str(row["kpi"])].label) for row in rows],
            "own": [_figure(row, "own", currency) for row in rows],
            "interval": [f"{_figure(row, 'own_low', currency)} – {_figure(row, 'own_high', currency)}" for row in rows],
            "median": [_figure(row, "median", currency) for row in rows],
            "n": [int(row["n_peers"]) for row in rows],
            "verdict": [plain(words.VERDICTS[str(row["verdict"])]) for row in rows],
        }
    )


def product(asked: Asked) -> None:
    """One of our products beside the peers, new ones first."""
    found = workspaces.answer(asking.single, asked.until, asked.tier)
    if found is None:
        return
    names = dict(zip(found.products["sku"], found.products["title"], strict=True))
    fresh = set(found.products.loc[found.products["is_new"], "sku"])
    st.markdown(f"**{_('One product beside the peers')}**")
    sku = st.selectbox(
        _("Product beside peers, new ones first"),
        list(names),
        format_func=lambda key: plain(names[key] or key) + (f" · {_('new')}" if key in fresh else ""),
        key="cproduct",
        label_visibility="collapsed",
        width=420,
    )
    one = kept.of(_beside_peers, found, sku)()
    if not len(one.table):
        st.caption(_("No figure is known for both sides and the same span."))
        return
    tables.show(
        kept.of(_product_rows, one.table, asked.currency),
        "product_table",
        {
            "kpi": Shape(_("Figure")),
            "own": Shape(_("This product"), "figure"),
            "interval": Shape(_("90% interval"), "figure"),
            "median": Shape(_("Median peer"), "figure"),
            "n": Shape(_("Peer shops"), "count"),
            "verdict": Shape(_("Verdict"), "text", _("Only when both intervals say so.")),
        },
        download="ecops_product_beside_peers",
    )
    st.caption(
        _(
            "{n} visitors in {period}. Peers' figures are of whole shops: a cheap product has a smaller order and "
            "converts more.",
            n=Count(float(found.products.set_index("sku").loc[sku, "visitors"])),
            period=found.period.range,
        )
    )
