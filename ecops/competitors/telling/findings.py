"""On which figure we are behind, which rival moved its price, which of our prices left the band: told to the review."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from ecops.competitors.market.coverage import Coverage
from ecops.competitors.reviews.opinions import Opinions
from ecops.competitors.standing.gaps import kpis
from ecops.competitors.telling import words
from ecops.competitors.telling.ideas import Idea
from ecops.competitors.view import Prices, Standing
from ecops.finding import Amount, Finding
from ecops.handbook import advice
from ecops.messages import Count, Message, Money, Number, Percent, Points
from ecops.metrics.beside.peers import METRIC_OF
from ecops.periods import Period

_MOST = 3
"""So many findings of a kind are told; the page has all."""

_SURE = 0.05
_SEARCHED = 0.05
"""Share of the searches in the shop from which on a word that no title holds is told."""

_NONE = (math.nan, math.nan)


def findings(
    found: Standing | None,
    prices: Prices | None,
    period: Period,
    said: Opinions | None = None,
    covered: Coverage | None = None,
    tried: Sequence[Idea] = (),
) -> tuple[Finding, ...]:
    """Everything worth an action, the dearest first within its kind.

    Args:
        found: see `ecops.competitors.view.standing`.
        prices: see `ecops.competitors.view.prices`.
        period: what is told is told for it.
        said: what buyers say; new complaints are told as far as reviews reach up to the end of the period.
        covered: searched words against titles.
        tried: ideas, whose tests are proposed beside the finding of their product.
    """
    told: list[Finding] = []
    tests = {(idea.kind, idea.sku): idea.trial for idea in tried}
    if found is not None:
        told += _behind(found, period)
    if prices is not None:
        told += _moved(prices, period)
        told += [replace(one, trial=tests.get(("price", one.subject["sku"]))) for one in _out_of_band(prices, period)]
    if said is not None and said.tells_new(period.end):
        told += [_new(row, period) for row in said.new[said.new["confirmed"]].head(_MOST).to_dict("records")]
    if covered is not None:
        rows = covered.lacking
        rows = rows[rows["searches"] >= _SEARCHED * covered.table["searches"].sum()].head(_MOST)
        told += [
            replace(_lacking(row, covered, period), trial=tests.get(("title", str(row["sku"]))))
            for row in rows.to_dict("records")
        ]
    return tuple(told)


def verdict(found: Standing | None) -> Message:
    """The sentence above the page: on which figure we are behind most, or that nothing tells us apart."""
    if found is None or not len(found.gaps.table):
        return Message("There are no figures of ours and of peers for the same span yet.")
    table = found.gaps.table
    behind = table[table["verdict"] == "behind"]
    shops = {"n": int(table["n_peers"].max()), "platform": words.platform(found.spans.platform)}
    if behind.empty:
        ahead = table[table["verdict"] == "ahead"]
        if len(ahead):
            return Message(
                "Against {n} peers on {platform} you are behind on no figure, and ahead on {kpis}.",
                kpis=_listed(ahead["kpi"]),
                **shops,
            )
        if (table["verdict"] == "few").all():
            return Message(
                "{n} peers on {platform} are too few for a rank; five are needed. They are shown as dots.", **shops
            )
        return Message("Nothing tells you apart from {n} peers on {platform} beyond chance.", **shops)
    first = behind.iloc[0]
    name = str(first["kpi"])
    fields = {
        "kpi": kpis()[name].label,
        "own": words.figure(name, float(first["own"]), found.currency),
        "median": words.figure(name, float(first["median"]), found.currency),
        **shops,
    }
    money = float(first["money"])
    if math.isfinite(money):
        return Message(
            "Against {n} peers on {platform} you are behind on {kpi}: {own}, the median peer has {median}. Reaching it "
            "would be {money} {horizon}.",
            money=Money(money, found.currency),
            horizon=words.horizon(found.spans.horizon),
            **fields,
        )
    return Message(
        "Against {n} peers on {platform} you are behind on {kpi}: {own}, the median peer has {median}.", **fields
    )


def _listed(names: Sequence[Any]) -> Message:
    labels = {f"kpi{place}": kpis()[str(name)].label for place, name in enumerate(names)}
    return Message(", ".join(f"{{{field}}}" for field in labels), **labels)


def _behind(found: Standing, period: Period) -> list[Finding]:
    rows = found.gaps.table
    firm = found.firm.table.set_index("kpi")
    behind = rows[rows["verdict"] == "behind"].head(_MOST)
    told = []
    for row in behind.to_dict("records"):
        name = str(row["kpi"])
        wide = firm.loc[name]
        told.append(
            Finding(
                area="competitors",
                kind="value" if name == "order_value" else "traffic" if name == "visitors" else "rate",
                subject={"platform": found.spans.platform, "peers": found.peer_set.tier or "all"},
                metric=METRIC_OF[name],
                period=period,
                compare=None,
                before=float(row["median"]),
                after=float(row["own"]),
                ci=(float(wide["own_low"]) - float(row["median"]), float(wide["own_high"]) - float(row["median"])),
                q_value=float(row["q_value"]),
                n=int(row["n_peers"]),
                confidence="confirmed" if row["q_value"] < _SURE else "watch",
                money=_amount(wide, found),
                headline=gap_line(row, found),
                evidence=Message(
                    "{low} of {n} peers have less favourable figures; the middle half lies between {q25} and {q75}.",
                    low=Count(round(float(row["percentile"]) * int(row["n_peers"]))),
                    n=Count(int(row["n_peers"])),
                    q25=words.figure(name, float(row["q25"]), found.currency),
                    q75=words.figure(name, float(row["q75"]), found.currency),
                ),
                action=advice(kpis()[name].rule),
                notes=(Message("The amount is an opportunity, not a forecast: other figures stay as they are."),)
                if math.isfinite(float(row["money"]))
                else (),
            )
        )
    return told


def _amount(row: Any, found: Standing) -> Amount | None:
    """What is taken in less than with the median peer's figure; only where the interval leaves out nothing."""
    money, low, high = (float(row[name]) for name in ("money", "money_low", "money_high"))
    if not math.isfinite(money):
        return None
    horizon = "week" if found.spans.horizon == "week" else "month" if found.spans.horizon == "month" else "period"
    return Amount(-money, -high, -low, found.currency, horizon)  # type: ignore[arg-type]


def gap_line(row: dict[str, Any], found: Standing) -> Message:
    """One figure beside the median peer in a sentence."""
    name = str(row["kpi"])
    return Message(
        "{kpi} on {platform} is {own}; the median of {n} peers is {median} ({gap}).",
        kpi=kpis()[name].label,
        platform=words.platform(found.spans.platform),
        own=words.figure(name, float(row["own"]), found.currency),
        median=words.figure(name, float(row["median"]), found.currency),
        n=Count(int(row["n_peers"])),
        gap=Percent(float(row["gap_rel"]), signed=True),
    )


def _moved(prices: Prices, period: Period) -> list[Finding]:
    """Rivals that cut a price or ran out of stock, on products that we sell too where pairs are known."""
    rows = prices.changes
    told = rows[(rows["change"] != "price_rise")].head(_MOST) if len(rows) else rows
    return [_one_moved(row, prices, period) for row in told.to_dict("records")]


def _one_moved(row: dict[str, Any], prices: Prices, period: Period) -> Finding:
    own_sku, own_price = str(row["own_sku"] or ""), float(row["own_price"])
    cut = row["change"] == "price_cut"
    subject = {"rival": str(row["shop"]), "sku": own_sku or str(row["sku"])}
    day = row["date"].date()
    fields = {"shop": str(row["shop"]), "product": str(row["title"] or row["sku"]), "day": day}
    if cut:
        headline = Message(
            "{shop} cut the price of {product} from {before} to {after} ({change}) on {day}.",
            before=Money(float(row["before"]), prices.currency),
            after=Money(float(row["after"]), prices.currency),
            change=Percent(float(row["after"]) / float(row["before"]) - 1, signed=True),
            **fields,
        )
    else:
        headline = Message("{shop} has been out of stock of {product} on {day}.", **fields)
    known = math.isfinite(own_price)
    evidence = (
        Message(
            "Our own costs {price}, {gap} against the rival's price.",
            price=Money(own_price, prices.currency),
            gap=Percent(own_price / float(row["after"]) - 1, signed=True),
        )
        if known
        else Message("Which of our products it competes with is not known yet; confirm the pair.")
    )
    return Finding(
        area="competitors", kind="product", subject=subject, metric="rival_price", period=period, compare=None,
        before=float(row["before"]), after=float(row["after"]), ci=_NONE, q_value=math.nan, n=1,
        confidence="confirmed", money=None, headline=headline, evidence=evidence,
        action=advice("rival_price_cut" if cut else "rival_out_of_stock"),
        notes=(Message("A promotion or a new price: the history does not tell before it ends."),) if cut else (),
    )  # fmt: skip


def _out_of_band(prices: Prices, period: Period) -> list[Finding]:
    """Our best sellers whose price left the band around rivals."""
    rows = prices.places
    if rows.empty:
        return []
    out = rows[rows["verdict"].isin(["above", "below"]) & (rows["sales"] > 0)].head(_MOST)
    return [_one_out(row, prices, period) for row in out.to_dict("records")]


def _one_out(row: dict[str, Any], prices: Prices, period: Period) -> Finding:
    place = prices.positions[str(row["sku"])]
    return Finding(
        area="competitors", kind="product", subject={"sku": str(row["sku"])}, metric="price_index", period=period,
        compare=None, before=100.0, after=100 * (1 + place.gap), ci=_NONE, q_value=math.nan, n=int(row["rivals"]),
        confidence="watch", money=None,
        headline=Message(
            "{product} costs {price}, {gap} against the median of {n} rivals ({reference}): {place}.",
            product=str(row["title"]), price=Money(float(row["price"]), prices.currency),
            gap=Percent(place.gap, signed=True), n=Count(int(row["rivals"])),
            reference=Money(float(row["reference"]), prices.currency), place=words.PLACES[place.verdict],
        ),
        evidence=Message("{reason}", reason=place.reason),
        action=advice("price_above" if place.verdict == "above" else "price_below"),
        parameters=("competitor.price_anchor_band",),
    )  # fmt: skip


def _new(row: dict[str, Any], period: Period) -> Finding:
    """A complaint that has become more frequent beyond chance, all words that were tried allowed for."""
    quotes = row["quotes"]
    return Finding(
        area="competitors", kind="product", subject={"topic": str(row["topic"])}, metric="complaint_share",
        period=period, compare=None, before=float(row["then_share"]), after=float(row["now_share"]),
        ci=(float(row["low"]), float(row["high"])), q_value=float(row["q"]), n=int(row["n_now"]),
        confidence="confirmed", money=None,
        headline=Message(
            "New complaint: {topic}, in {now} of the reviews of the last four weeks after {then} before.",
            topic=str(row["topic"]), now=Percent(float(row["now_share"])), then=Percent(float(row["then_share"])),
        ),
        evidence=Message(
            "{k} of {n} reviews, {before} of {then} before; {low} to {high} more (95%), q = {q}.",
            k=Count(int(row["now"])), n=Count(int(row["n_now"])), before=Count(int(row["then"])),
            then=Count(int(row["n_then"])), low=Points(float(row["low"])), high=Points(float(row["high"])),
            q=Number(float(row["q"]), 3),
        ),
        action=advice("new_complaint"),
        notes=(Message("In their words: {quote}", quote=str(quotes[0])),) if len(quotes) else (),
    )  # fmt: skip


def _lacking(row: dict[str, Any], covered: Coverage, period: Period) -> Finding:
    """A word that people search for in the shop and that stands in no title."""
    n = float(row["searches"])
    return Finding(
        area="competitors", kind="product", subject={"sku": str(row["sku"]), "word": str(row["word"])},
        metric="title_coverage", period=period, compare=None, before=1.0, after=covered.share, ci=_NONE,
        q_value=math.nan, n=int(covered.table["searches"].sum()), confidence="watch", money=None,
        headline=Message(
            "“{word}” was searched {n} times in the shop and stands in no title; {product} comes nearest.",
            word=str(row["word"]), n=Count(n), product=str(row["title"]),
        ),
        evidence=Message(
            "Titles hold the words of {share} of {all} searches in {period}.", share=Percent(covered.share),
            all=Count(float(covered.table["searches"].sum())), period=covered.period.range,
        ),
        action=advice("title_word"),
    )  # fmt: skip
