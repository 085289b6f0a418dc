"""Strengths, weaknesses, opportunities, threats: only what a number shows, each line with the evidence it rests on."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from ecops.competitors.market.view import Market
from ecops.competitors.reviews.opinions import Opinions, compared
from ecops.competitors.standing.gaps import kpis
from ecops.competitors.telling import words
from ecops.competitors.view import Prices, Standing
from ecops.errors import DataError
from ecops.messages import Count, Message, Money, MoneyRange, Number, Percent

if TYPE_CHECKING:
    import pandas as pd

Side = Literal["S", "W", "O", "T"]

MOST = 5
"""Lines of one side."""

_SOLD_BAND = 0.05
"""An empty price band counts from this share of the market's sales on."""

_MOVED = ("price_cut", "out_of_stock")


@dataclass(frozen=True, slots=True)
class Line:
    """One line.

    Attributes:
        side: "S", "W", "O" or "T".
        text: the sentence, with its number.
        value: the number behind it, in the unit of what `evidence` names.
        evidence: what it rests on: "kpi:conversion_rate", "price:NW-S01", "band:259-411", "shop:...", "word:...",
            "topic:..."; never empty.
        money: in the span of the peers; NaN where it has no price.
    """

    side: Side
    text: Message
    value: float
    evidence: str
    money: float = math.nan


def swot(
    standing: Standing | None = None,
    prices: Prices | None = None,
    market: Market | None = None,
    topics: Sequence[Line] = (),
    most: int = MOST,
) -> dict[Side, tuple[Line, ...]]:
    """Strengths, weaknesses, opportunities and threats.

    Args:
        standing: figures proven ahead are strengths, those proven behind weaknesses.
        prices: rivals' cuts of products that we sell are threats, their empty shelves opportunities.
        market: price bands that sell and where we have nothing, open search words, who holds the market.
        topics: lines from reviews, as they are.
        most: lines of one side.

    Returns:
        side -> its lines, the dearest first; a side of which no number speaks is empty.
    """
    lines: list[Line] = []
    if standing is not None:
        lines += _of_figures(standing)
    if prices is not None:
        lines += _of_prices(prices)
    if market is not None:
        lines += _of_market(market, standing.currency if standing is not None else "")
    lines += topics
    sides: dict[Side, tuple[Line, ...]] = {}
    for side in ("S", "W", "O", "T"):
        mine = [line for line in lines if line.side == side and line.evidence]
        mine.sort(key=lambda line: -abs(line.money) if math.isfinite(line.money) else 0.0)
        sides[side] = tuple(mine[:most])
    return sides


def _of_figures(found: Standing) -> list[Line]:
    lines = []
    for row in found.gaps.table.to_dict("records"):
        if row["verdict"] not in {"ahead", "behind"}:
            continue
        name = str(row["kpi"])
        lines.append(
            Line(
                "S" if row["verdict"] == "ahead" else "W",
                Message(
                    "{kpi} {own} against {median} of the median peer ({n} peers).",
                    kpi=kpis()[name].label,
                    own=words.figure(name, float(row["own"]), found.currency),
                    median=words.figure(name, float(row["median"]), found.currency),
                    n=Count(int(row["n_peers"])),
                ),
                float(row["own"]),
                f"kpi:{name}",
                float(row["money"]),
            )
        )
    return lines


def _of_prices(prices: Prices) -> list[Line]:
    lines = []
    rows = prices.changes[prices.changes["change"].isin(_MOVED)] if len(prices.changes) else prices.changes
    for row in rows.to_dict("records"):
        cut = row["change"] == "price_cut"
        name = str(row["title"] or row["sku"])
        text = (
            Message("{shop} sells {product} {change} cheaper.", shop=str(row["shop"]), product=name,
                    change=Percent(1 - float(row["after"]) / float(row["before"])))
            if cut
            else Message("{shop} cannot deliver {product}.", shop=str(row["shop"]), product=name)
        )  # fmt: skip
        side: Side = "T" if cut else "O"
        lines.append(Line(side, text, float(row["after"]), f"price:{row['own_sku'] or row['sku']}"))
    index = prices.indexes.get("median")
    if index is not None and index.headline and (index.high < 100 or index.low > 100):
        lines.append(
            Line(
                "S" if index.high < 100 else "W",
                Message(
                    "Price index {value} ({low} to {high}, {n} pairs).",
                    value=Number(index.value, 1), low=Number(index.low, 1), high=Number(index.high, 1),
                    n=Count(index.n),
                ),
                index.value,
                "index:median",
            )
        )  # fmt: skip
    return lines


def _of_market(market: Market, currency: str) -> list[Line]:
    lines = _of_bands(market.bands, currency) if len(market.bands) else []
    for row in market.terms[market.terms["label"] == "open"].head(3).to_dict("records"):
        lines.append(
            Line("O", Message("“{word}” is searched much and little contested.", word=str(row["keyword"])),
                 float(row["score"]), f"word:{row['keyword']}")
        )  # fmt: skip
    held = market.by_shop
    if held is not None and held.n > 1:
        open_market = held.label == "fragmented"
        lines.append(
            Line(
                "O" if open_market else "T",
                Message(
                    "The first three of {n} sellers in the table hold {share} (HHI {hhi}).",
                    n=Count(held.n), share=Percent(held.cr3), hhi=Count(held.hhi),
                ),
                held.hhi,
                "concentration:shop",
            )
        )  # fmt: skip
    return lines


def _of_bands(bands: pd.DataFrame, currency: str) -> list[Line]:
    empty = bands[bands["empty"] & (bands["sales_share"] >= _SOLD_BAND)]
    return [
        Line(
            "O",
            Message(
                "{share} of the market's sales lie at {band}, where you have nothing.",
                share=Percent(float(row["sales_share"])),
                band=MoneyRange(float(row["low"]), float(row["high"]), currency),
            ),
            float(row["sales_share"]),
            f"band:{row['low']:g}-{row['high']:g}",
        )
        for row in empty.to_dict("records")
    ]


def of_reviews(found: Opinions | None) -> tuple[Line, ...]:
    """What reviews add: what rivals' buyers complain of and ours do not is a selling point, the other way a weakness.

    Args:
        found: what buyers say; None without reviews.

    Returns:
        Only topics that are proven to differ after correction, and complaints of ours that are new.
    """
    if found is None:
        return ()
    lines = [
        Line(
            "T",
            Message(
                "Complaints about {topic} rose to {share} of our reviews.",
                topic=str(row["topic"]),
                share=Percent(float(row["now_share"])),
            ),
            float(row["now_share"]),
            f"topic:{row['topic']}",
        )
        for row in found.new[found.new["confirmed"]].to_dict("records")
    ]
    try:
        table = compared(found, "", "complaint")
    except DataError:
        return tuple(lines)
    for row in table[table["verdict"].isin(["better", "worse"])].to_dict("records"):
        better = row["verdict"] == "better"
        fields = {
            "topic": str(row["topic"]),
            "rival": Percent(float(row["rival_share"])),
            "own": Percent(float(row["own_share"])),
        }
        text = (
            Message(
                "Rivals' buyers complain of {topic} in {rival} of reviews, ours in {own}: make it the selling point.",
                **fields,
            )
            if better
            else Message("Our buyers complain of {topic} in {own} of reviews, rivals' in {rival}.", **fields)
        )
        lines.append(Line("O" if better else "W", text, float(row["difference"]), f"topic:{row['topic']}"))
    return tuple(lines)


def card(
    standing: Standing | None, prices: Prices | None, market: Market | None, sides: dict[Side, tuple[Line, ...]]
) -> tuple[Message, ...]:
    """The positioning card: where the price stands, what sets us apart, what is left to show; only what is known."""
    lines: list[Message] = []
    if prices is not None and len(prices.places):
        inside = prices.places["verdict"].isin(["inside", "parity"])
        lines.append(
            Message(
                "Price: {n} of {all} products with a rival stand within 20 % of it.",
                n=Count(int(inside.sum())),
                all=Count(len(prices.places)),
            )
        )
    if sides["S"]:
        lines.append(Message("Difference: {text}", text=sides["S"][0].text))
    if market is not None:
        lines += _seen(market)
    if standing is not None and standing.whole is not None:
        lines.append(
            Message(
                "Reaching the median peer on everything you are behind on would be {money} {horizon} in all.",
                money=Money(standing.whole.target - standing.whole.base, standing.currency),
                horizon=words.horizon(standing.spans.horizon),
            )
        )
    return tuple(lines)


def _seen(market: Market) -> list[Message]:
    """Words that only we use, and what was noted of rivals' service and tone."""
    lines = []
    table = market.title_words
    alone = table.loc[table["kind"] == "exclusive", "word"].head(5)
    if len(alone):
        lines.append(Message("Words that only you use: {words}.", words=", ".join(alone)))
    sentences = (
        ("service", Message("Service seen at rivals: {text}.")),
        ("tone", Message("Tone of rivals: {text}.")),
    )
    for subject, sentence in sentences:
        seen = market.practices.loc[market.practices["subject"] == subject, "practice"]
        if len(seen):
            lines.append(Message(sentence.id, text=str(seen.iloc[-1])))
    return lines
