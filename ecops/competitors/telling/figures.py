"""The pictures of rivals: gaps by figure, percentiles, price gaps, price bands, promotions over time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ecops.charts import Figure, Look, count_axis, date_axis, pale, plain, ticks, title
from ecops.competitors.standing.gaps import Gaps, kpis
from ecops.competitors.telling import words
from ecops.messages import Count, Message, MoneyRange, Percent, Value, write

if TYPE_CHECKING:
    import pandas as pd

_WIDEST = 1.0
"""Gaps are drawn up to 100 %; beyond, the number stands beside the dot."""

_LEAST_AXES = 5
_NAME = 12


def gap_bullets(found: Gaps, currency: str, look: Look | None = None) -> Figure | None:
    """Each figure against the median peer, turned so that right is good, the dearest gap on top; None without any.

    The bar is the middle half of the peers, the thin line where all of them lie; with too few peers there are dots.
    """
    table = found.table
    if not len(table):
        return None
    look = look or Look()
    ink = look.ink
    signs = np.array([1.0 if kpis()[str(name)].better == "high" else -1.0 for name in table["kpi"]])
    median = table["median"].to_numpy(dtype=np.float64)
    labels = [write(kpis()[str(name)].label, look.language) for name in table["kpi"]]

    def relative(name: str) -> np.ndarray:
        values = signs * (table[name].to_numpy(dtype=np.float64) / median - 1)
        return np.asarray(np.clip(values, -_WIDEST, _WIDEST), dtype=np.float64)

    figure = look.figure()
    low, high = np.sort([relative("q25"), relative("q75")], axis=0)
    figure.add_bar(
        y=labels, x=high - low, base=low, orientation="h", width=0.5, marker={"color": pale(ink.benchmark, 0.35)},
        name=write(Message("middle half of peers"), look.language), hoverinfo="skip",
    )  # fmt: skip
    own = relative("own")
    colours = {"behind": ink.loss, "ahead": ink.gain}
    ends = np.sort([relative("own_low"), relative("own_high")], axis=0)
    figure.add_scatter(
        y=labels, x=own, mode="markers", name=write(Message("ours"), look.language),
        marker={"size": 12, "color": [colours.get(str(verdict), ink.muted) for verdict in table["verdict"]]},
        error_x={"type": "data", "symmetric": False, "array": np.nan_to_num(ends[1] - own),
                 "arrayminus": np.nan_to_num(own - ends[0]), "thickness": 1.5, "width": 0, "color": ink.muted},
        hovertemplate="%{y}: %{x:+.0%}<extra></extra>",
    )  # fmt: skip
    spread = [0.0, *low, *high, *np.nan_to_num(ends[0]), *np.nan_to_num(ends[1])]
    edge = max(spread) + 0.06
    figure.add_scatter(
        y=labels, x=[edge] * len(own), mode="text",
        text=[_beside(row, currency, look) for row in table.to_dict("records")],
        textposition="middle right", textfont={"size": 12, "color": ink.text}, hoverinfo="skip", name="",
    )  # fmt: skip
    figure.add_vline(x=0, line={"color": ink.benchmark, "dash": "dash", "width": 1})
    n = int(table["n_peers"].max())
    title(
        figure,
        _gap_takeaway(table),
        Message(
            "Ours against the median of {n} peers, right is better; pale bar: the middle half of the peers.", n=Count(n)
        ),
        look.language,
    )
    room = 1.0 * (edge - min(spread))
    places = [place for place in ticks(spread) if place <= edge]
    figure.update_xaxes(
        tickvals=places,
        ticktext=[f"{place:+.0%}" if place else "0%" for place in places],
        range=[min(spread) - 0.05, edge + room],
    )
    figure.update_yaxes(autorange="reversed")
    figure.update_layout(showlegend=False, bargap=0.4, height=max(200, 70 + 44 * len(table)))
    return figure


def _beside(row: dict[str, object], currency: str, look: Look) -> str:
    name = str(row["kpi"])
    own = write(words.figure(name, float(row["own"]), currency), look.language)  # type: ignore[arg-type]
    return f"{own} · {write(words.VERDICTS[str(row['verdict'])], look.language)}"


def _gap_takeaway(table: pd.DataFrame) -> Message:
    behind = int((table["verdict"] == "behind").sum())
    ahead = int((table["verdict"] == "ahead").sum())
    if behind or ahead:
        return Message("Behind peers on {behind} figures, ahead on {ahead}.", behind=Count(behind), ahead=Count(ahead))
    return Message("No figure is proven to differ from peers.")


def radar(found: Gaps, look: Look | None = None) -> Figure | None:
    """Percentiles among peers, outside is good; None below five figures with a percentile."""
    rows = found.table[found.table["percentile"].notna()].head(8) if len(found.table) else found.table
    if len(rows) < _LEAST_AXES:
        return None
    look = look or Look()
    ink = look.ink
    labels = [write(kpis()[str(name)].label, look.language) for name in rows["kpi"]]
    figure = look.figure()
    for values, line, fill in (
        (rows["percentile_high"], {"width": 0}, "toself"),
        (rows["percentile"], {"width": 2, "color": ink.accent}, "none"),
    ):
        closed = [*values, values.iloc[0]]
        figure.add_scatterpolar(
            r=closed, theta=[*labels, labels[0]], line=line, fill=fill, fillcolor=pale(ink.accent, 0.15),
            mode="lines", hovertemplate="%{theta}: %{r:.0%}<extra></extra>", name="",
        )  # fmt: skip
    figure.add_scatterpolar(
        r=[0.5] * (len(labels) + 1), theta=[*labels, labels[0]], mode="lines", hoverinfo="skip",
        line={"dash": "dash", "width": 1, "color": ink.benchmark}, name="",
    )  # fmt: skip
    axis = {"range": [0, 1], "tickformat": ".0%", "tickvals": [0.25, 0.5, 0.75, 1], "gridcolor": ink.grid,
            "tickfont": {"size": 10, "color": ink.muted}, "linecolor": ink.grid}  # fmt: skip
    figure.update_layout(
        polar={"radialaxis": axis, "bgcolor": "rgba(0,0,0,0)",
               "angularaxis": {"rotation": 90, "direction": "clockwise", "gridcolor": ink.grid, "linecolor": ink.grid}},
        showlegend=False, height=340, margin={"l": 90, "r": 90, "b": 30},
    )  # fmt: skip
    title(
        figure,
        Message("Share of peers that are less favourable than us."),
        Message("Percentiles only; dashed: the median peer, shaded: up to the upper end of the interval."),
        look.language,
    )
    return figure


def gap_histogram(pairs: pd.DataFrame, look: Look | None = None) -> Figure | None:
    """How far our prices lie from rivals', with the band of 20 % shaded; None without a pair."""
    if not len(pairs):
        return None
    look = look or Look()
    ink = look.ink
    gap = pairs["own_price"].to_numpy(dtype=np.float64) / pairs["rival_price"].to_numpy(dtype=np.float64) - 1
    gap = np.clip(gap[np.isfinite(gap)], -_WIDEST, _WIDEST)
    if not len(gap):
        return None
    edges = np.arange(-1.0, 1.0001, 0.05)
    counts, _edges = np.histogram(gap, edges)
    figure = look.figure()
    figure.add_shape(
        type="rect", x0=-0.2, x1=0.2, xref="x", y0=0, y1=1, yref="y domain", fillcolor=pale(ink.accent, 0.12),
        line={"width": 0},
    )  # fmt: skip
    figure.add_bar(x=(edges[:-1] + edges[1:]) / 2, y=counts, width=0.046, marker={"color": ink.accent}, name="",
                   hovertemplate="%{x:.0%}: %{y}<extra></extra>")  # fmt: skip
    inside = float((np.abs(gap) <= 0.2 + 1e-9).mean())
    title(
        figure,
        Message("{share} of pairs stand within 20 % of the rival's price.", share=Percent(inside)),
        Message("Pairs by our price against the rival's; shaded: the band of 20 %."),
        look.language,
    )
    figure.update_xaxes(tickformat=".0%", range=[min(gap.min(), -0.3) - 0.05, max(gap.max(), 0.3) + 0.05])
    figure.update_yaxes(count_axis([0.0, *map(float, counts)], look.language))
    figure.update_layout(showlegend=False, bargap=0.05, height=260)
    return figure


def band_bars(bands: pd.DataFrame, currency: str, look: Look | None = None) -> Figure | None:
    """Share of the market's sales and of ours in each price band; None without any."""
    if not len(bands):
        return None
    look = look or Look()
    ink = look.ink
    labels = [
        plain(write(MoneyRange(float(row.low), float(row.high), currency), look.language)) for row in bands.itertuples()
    ]
    figure = look.figure()
    for name, label, colour in (
        ("sales_share", Message("all shops"), ink.benchmark),
        ("own_share", Message("ours"), ink.accent),
    ):
        figure.add_bar(
            y=labels, x=bands[name].fillna(0.0), orientation="h", name=write(label, look.language),
            marker={"color": colour}, hovertemplate="%{y}: %{x:.0%}<extra></extra>",
        )  # fmt: skip
    main = int(bands["sales_share"].argmax())
    title(
        figure,
        Message("Most of the market sells at {band}.", band=_band(bands, main, currency)),
        Message("Share of sales in 30 days by price band, of all shops in the table and of ours."),
        look.language,
    )
    places = ticks([*bands["sales_share"], *bands["own_share"].fillna(0.0)])
    figure.update_xaxes(tickvals=places, ticktext=[f"{place:.0%}" for place in places], range=[places[0], places[-1]])
    figure.update_yaxes(autorange="reversed")
    figure.update_layout(barmode="group", height=max(220, 90 + 46 * len(bands)), legend={"y": -0.2})
    return figure


def _band(bands: pd.DataFrame, place: int, currency: str) -> Value:
    row = bands.iloc[place]
    return MoneyRange(float(row["low"]), float(row["high"]), currency)


def _short(name: str) -> str:
    """A name that leaves room for the picture on a telephone."""
    return plain(name if len(name) <= _NAME else f"{name[: _NAME - 1]}…")


def calendar(episodes: pd.DataFrame, look: Look | None = None) -> Figure | None:
    """Promotions of rivals and of ours as bars over time; None without any."""
    if not len(episodes):
        return None
    look = look or Look()
    ink = look.ink
    rows = episodes.head(20)
    labels = [f"{_short(row.shop or '—')}<br>{_short(row.title or row.sku)}" for row in rows.itertuples()]
    length = (rows["end"] - rows["start"]).dt.total_seconds() * 1000 + 86_400_000
    figure = look.figure()
    figure.add_bar(
        y=labels, x=length, base=rows["start"], orientation="h", name="",
        marker={"color": [pale(ink.watch, 0.45) if running else ink.watch for running in rows["running"]]},
        text=[f"-{depth:.0%}" for depth in rows["depth"]], textposition="inside",
        hovertemplate="%{y}: %{text}<extra></extra>",
    )  # fmt: skip
    running = int(rows["running"].sum())
    title(
        figure,
        Message(
            "Price drops in the history: {n}, still running: {running}.",
            n=Count(len(episodes)),
            running=Count(running),
        ),
        Message("At least 5 % below the usual price; pale: still running, so it may be a new price."),
        look.language,
    )
    figure.update_xaxes({**date_axis(look.language), "nticks": 4, "tickangle": 0})
    figure.update_yaxes(autorange="reversed")
    figure.update_layout(showlegend=False, bargap=0.5, height=max(150, 80 + 40 * len(set(labels))))
    return figure
