"""Three to five leading shops, each on half a page: what it sells, asks, launches, and what its buyers say of it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ecops.competitors.market.view import Market
from ecops.competitors.reviews.opinions import Opinions, average_stars, compared
from ecops.competitors.reviews.topics import topics
from ecops.competitors.telling import words
from ecops.competitors.view import Prices, Standing
from ecops.errors import DataError
from ecops.messages import Count, Message, Money, Number, Percent, Term

if TYPE_CHECKING:
    import pandas as pd

MOST = 5
_HOT = 3
_TOPICS = 3
_LATELY = 90

PARTS: dict[str, Term] = {
    "standing": Term(en="Standing", zh="地位"),
    "hot": Term(en="Best sellers", zh="爆款"),
    "price": Term(en="Prices", zh="价格"),
    "launch": Term(en="New products", zh="上新"),
    "page": Term(en="Pages and rooms", zh="页面与直播"),
    "reviews": Term(en="Reviews", zh="评价"),
    "advice": Term(en="What to do", zh="建议"),
}
"""Parts of a report, in order; one of which nothing is known is left out."""


@dataclass(frozen=True, slots=True)
class Profile:
    """One shop.

    Attributes:
        shop: its name.
        parts: key of `PARTS` -> what is known.
    """

    shop: str
    parts: dict[str, tuple[Message, ...]]


def profiles(
    standing: Standing | None, prices: Prices | None, market: Market | None, said: Opinions | None, most: int = MOST
) -> tuple[Profile, ...]:
    """The leading shops of the listings, the largest first, then the chosen peers; never a made-up line.

    Args:
        standing: peers and the reasons for them.
        prices: price index and promotions of each rival.
        market: who holds the market, best sellers, launches, practices.
        said: what buyers say of each.
        most: shops.
    """
    held = market.by_shop if market is not None else None
    ours = set(market.shelf.own_names) if market is not None and market.shelf is not None else set()
    if market is not None and market.shelf is not None:
        ours |= set(market.shelf.rows.loc[market.shelf.rows["own"], "shop"])
    names = [name for name, _share in held.leaders if name not in ours] if held is not None else []
    names += [shop for shop in (standing.peer_set.reasons if standing is not None else ()) if shop not in names]
    found = []
    for shop in names[:most]:
        parts = {
            "standing": _standing(shop, standing, market),
            "hot": _hot(shop, market, prices),
            "price": _price(shop, prices),
            "launch": _launches(shop, market),
            "page": _seen(shop, market),
            "reviews": _reviews(shop, said),
        }
        parts["advice"] = _advice(shop, prices, said)
        found.append(Profile(shop, {key: lines for key, lines in parts.items() if lines}))
    return tuple(found)


def _standing(shop: str, standing: Standing | None, market: Market | None) -> tuple[Message, ...]:
    lines = []
    if market is not None and market.by_shop is not None:
        share = dict(market.by_shop.leaders).get(shop)
        rows = market.structure[market.structure["shop"] == shop]
        if share is not None and len(rows):
            row = rows.iloc[0]
            lines.append(
                Message(
                    "{share} of the sales in the listings with {n} products; the best tenth of them sells {hot}.",
                    share=Percent(share),
                    n=Count(int(row["products"])),
                    hot=Percent(float(row["hot_share"])),
                )
            )
    if standing is not None and shop in standing.peer_set.reasons:
        lines.append(standing.peer_set.reasons[shop])
    return tuple(lines)


def _hot(shop: str, market: Market | None, prices: Prices | None) -> tuple[Message, ...]:
    if market is None or market.shelf is None:
        return ()
    rows = market.shelf.rows
    rows = rows[(rows["shop"] == shop) & (rows["sales"] > 0)]
    rows = rows.assign(value=rows["sales"] * rows["price"]).nlargest(_HOT, "value")
    currency = prices.currency if prices is not None else ""
    known = set(prices.pairs.loc[prices.pairs["shop"] == shop, "rival_sku"]) if prices is not None else set()
    told = Message("{product} {price}, {units} units in 30 days.")
    alone = Message("{product} {price}, {units} units in 30 days; we have nothing like it.")
    return tuple(
        Message(
            (told if row["sku"] in known else alone).id,
            product=str(row["title"]),
            price=Money(float(row["price"]), currency),
            units=Count(float(row["sales"])),
        )
        for row in rows.to_dict("records")
    )


def _price(shop: str, prices: Prices | None) -> tuple[Message, ...]:
    if prices is None:
        return ()
    lines = []
    index = prices.by_shop.get(shop)
    if index is not None and math.isfinite(index.value):
        lines.append(
            Message(
                "Price index {value} ({low} to {high}) over {n} pairs; 100 is its price.",
                value=Number(index.value, 1),
                low=Number(index.low, 1),
                high=Number(index.high, 1),
                n=Count(index.n),
            )
            if math.isfinite(index.low)
            else Message(
                "Price index {value} over {n} pairs; 100 is its price.", value=Number(index.value, 1), n=index.n
            )
        )
    rows = prices.episodes[prices.episodes["shop"] == shop] if len(prices.episodes) else prices.episodes
    if len(rows):
        deepest = rows.loc[rows["depth"].idxmax()]
        lines.append(
            Message(
                "{n} price drops in the history, the deepest {depth} on {product}.",
                n=Count(len(rows)),
                depth=Percent(float(deepest["depth"])),
                product=str(deepest["title"] or deepest["sku"]),
            )
        )
    return tuple(lines)


def _launches(shop: str, market: Market | None) -> tuple[Message, ...]:
    if market is None or market.launched.empty or market.shelf is None:
        return ()
    import pandas as pd

    last = market.shelf.rows["date"].max()
    rows = market.launched[market.launched["shop"] == shop]
    rows = rows[rows["launched"] > last - pd.Timedelta(days=_LATELY)]
    if rows.empty:
        return ()
    return (
        Message(
            "{n} new products in 90 days, the newest {product} ({day}).",
            n=Count(len(rows)),
            product=str(rows["title"].iloc[0]),
            day=rows["launched"].iloc[0].date(),
        ),
    )


def _seen(shop: str, market: Market | None) -> tuple[Message, ...]:
    if market is None or market.practices.empty:
        return ()
    rows = market.practices[market.practices["shop"] == shop]
    return tuple(
        Message(
            "{subject}: {text}",
            subject=words.SUBJECTS.get(str(row["subject"]), str(row["subject"])),
            text=str(row["practice"]),
        )
        for row in rows.to_dict("records")
    )


def _reviews(shop: str, said: Opinions | None) -> tuple[Message, ...]:
    if said is None or not said.rivals or shop not in said.rivals:
        return ()
    lines = []
    stars = average_stars(said)
    row = stars[(stars["shop"] == shop) & ~stars["own"].astype(bool)]
    if len(row) and math.isfinite(float(row["stars"].iloc[0])):
        lines.append(
            Message("{stars} stars on average in {n} reviews.", stars=Number(float(row["stars"].iloc[0]), 2),
                    n=Count(int(row["reviews"].iloc[0])))
        )  # fmt: skip
    theirs = (~said.rows["own"].to_numpy(bool)) & (said.rows["shop"] == shop).to_numpy(bool)
    for tone, sentence in (
        ("complaint", Message("Buyers complain of {topics}.")),
        ("praise", Message("Buyers praise {topics}.")),
    ):
        table = topics(said.said, tone, among=theirs)
        named = table.sort_values("reviews", ascending=False, kind="stable").head(_TOPICS)
        if len(named):
            lines.append(Message(sentence.id, topics=_list(named)))
    return tuple(lines)


def _list(rows: pd.DataFrame) -> str:
    return ", ".join(f"{row.topic} ({row.share:.0%})" for row in rows.itertuples())


def _advice(shop: str, prices: Prices | None, said: Opinions | None) -> tuple[Message, ...]:
    """What follows from proven differences alone."""
    lines = []
    if said is not None and shop in said.rivals:
        try:
            table = compared(said, shop)
        except DataError:
            table = None
        for verdict, sentence in (
            ("better", Message("Show on the page that we are better at {topic}: its buyers complain of it.")),
            ("worse", Message("Mend {topic} first: our buyers complain of it more than its buyers do.")),
        ):
            rows = table[table["verdict"] == verdict] if table is not None else None
            if rows is not None and len(rows):
                lines.append(Message(sentence.id, topic=str(rows.iloc[0]["topic"])))
    index = prices.by_shop.get(shop) if prices is not None else None
    if index is not None and index.low > 100:
        lines.append(Message("We are dearer for the same goods: test a lower price or show better what ours is worth."))
    elif index is not None and index.high < 100:
        lines.append(
            Message("We are cheaper for the same goods: test small steps up before anybody asks for a discount.")
        )
    return tuple(lines)
