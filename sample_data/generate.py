"""Writes the sample shop: `python -m sample_data.generate --out DIR --seed 20261115`. Same seed, same bytes."""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from sample_data import (
    behind,
    demand,
    documents,
    douyin,
    events,
    jd,
    market,
    orders,
    outside,
    presale,
    shopify,
    supply,
    sycm,
    taobao,
    trials,
    truths,
)
from sample_data.shop import POSITION, PRESALE, PRODUCTS

SEED = 20261115
DEMAND_STREAM, ORDER_STREAM = "demand 247", "orders 11"
"""Names of two streams of randomness, picked so that chance adds no second story to the last weeks."""


@dataclass(frozen=True, slots=True)
class World:
    """Everything that happened, before it is written in anyone's format."""

    counts: dict[demand.Cell, demand.Counts]
    deposits: list[presale.Deposit]
    book: orders.Book
    supply: supply.Supply


def stream(seed: int, name: str) -> np.random.Generator:
    """An own source of randomness for each part, so that a change in one part leaves the others as they are."""
    return np.random.default_rng([seed, *name.encode()])


def world(seed: int = SEED) -> World:
    """What happened in the shop."""
    counts = demand.draw(stream(seed, DEMAND_STREAM))
    deposits = presale.deposits(stream(seed, "presale"))
    orders.add_presale(counts, deposits)
    book = orders.draw(stream(seed, ORDER_STREAM), counts, deposits)
    return World(counts, deposits, book, supply.plan(stream(seed, "supply"), supply.units_sold(book)))


def _spot_units(book: orders.Book) -> dict[int, int]:
    """Units of the presale product sold a day without presale, by position of the day."""
    sold: dict[int, int] = {}
    for order in book.orders:
        if order.paid_at is not None and not order.deposit:
            for line in order.lines:
                if line.product == POSITION[PRESALE]:
                    sold[order.index] = sold.get(order.index, 0) + line.quantity
    return sold


def build(seed: int = SEED) -> dict[str, bytes]:
    """Every file of the shop by name."""
    return produce(seed)[0]


def produce(seed: int = SEED) -> tuple[dict[str, bytes], dict[str, bytes]]:
    """Every file of the shop by name, and the two documents that tell what is planted in them."""
    now = world(seed)
    items = sycm.item_days(stream(seed, "items"), now.counts, now.book)
    files = {
        **supply.reports(now.supply),
        **taobao.order_reports(now.book),
        **douyin.order_report(now.book),
        **jd.order_report(now.book),
        **shopify.order_report(now.book),
        **sycm.source_report(stream(seed, "sources"), now.counts, now.book),
        **sycm.product_report(stream(seed, "products"), items),
        **douyin.funnel_report(stream(seed, "funnel"), now.counts, now.book),
        **jd.daily_report(stream(seed, "jd"), now.counts, now.book),
        **shopify.analytics_report(stream(seed, "ga4"), now.counts, now.book),
        **market.ad_report(stream(seed, "ads"), now.counts, now.book),
        **presale.report(now.deposits, _spot_units(now.book)),
        **events.report(stream(seed, "events"), now.counts),
        **behind.reports(stream(seed, "behind"), now.book),
        **behind.places(stream(seed, "places")),
        **trials.reports(stream(seed, "trials")),
        **market.reports(stream(seed, "market")),
        **outside.reports(stream(seed, "outside")),
    }
    rows = ((PRODUCTS[row.product].sku, row.people, row.basket, int(row.sold["paid"])) for row in items)
    planted = truths.collect(now.counts, now.book, now.supply, rows)
    return files, {"truths.toml": documents.as_toml(planted), "TRUTHS.md": documents.as_markdown(planted)}


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path(__file__).parent, help="gets shop/, truths.toml and TRUTHS.md")
    parser.add_argument("--seed", type=int, default=SEED)
    arguments = parser.parse_args()
    (arguments.out / "shop").mkdir(parents=True, exist_ok=True)
    total = 0
    files, papers = produce(arguments.seed)
    for name, content in {**{f"shop/{name}": content for name, content in files.items()}, **papers}.items():
        (arguments.out / name).write_bytes(content)
        total += len(content)
        print(f"{len(content):>9,}  {name}")
    print(f"{total:>9,}  bytes in {arguments.out}")


if __name__ == "__main__":
    main()
