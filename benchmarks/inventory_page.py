"""How long does the stock page take at 2,000 products?

    python benchmarks/inventory_page.py [--products 2000] [--rounds 3]

A shop of generated order lines (a year), weekly counts, purchase orders and a product list is loaded; then a server
that has imported everything, but drawn no page and never seen that shop, opens its stock page. Seconds until the first
picture (how long products last) stands and until the page is whole, processor seconds of the server; a repeated view.
Budget on two idle cores: the first picture within 2 s.
"""

from __future__ import annotations

import argparse
import asyncio
import datetime as dt
import math
import os
import statistics
import sys
import tempfile
import uuid
from pathlib import Path

from pyarrow import parquet

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.crowd import Browser, Server
from ecops.engine.duck import Engine
from ecops.sources.conversion.report import Conversion
from ecops.store import Workspace
from ecops.store.loading import Converted, Upload

LAST_DAY = dt.date(2026, 11, 15)
DAYS, PRODUCTS, SUPPLIERS = 365, 2_000, 40

# A product sells on a day with a chance of its own, from one day in twelve to nearly every day.
TABLES = {
    "order_lines": """
        WITH days AS (
            SELECT
                p, d, hash(p * 1000 + d) AS h, CAST($start AS TIMESTAMP) + to_days(CAST(d AS INTEGER)) AS day,
                0.08 + 0.9 * pow((hash(p + 11) % 1000) / 1000, 3) AS chance
            FROM range($products) AS products(p), range($days) AS days(d)
        )
        SELECT
            ['taobao', 'jd', 'douyin'][CAST(1 + h % 3 AS BIGINT)] AS platform, 'main' AS shop,
            CAST(p * 1000 + d AS VARCHAR) AS order_id, CAST(p * 1000 + d AS VARCHAR) AS line_id,
            sha256(CAST(h % 90000 AS VARCHAR))[:32] AS buyer_id,
            day + to_minutes(CAST(480 + h % 900 AS INTEGER)) AS ordered_at,
            day + to_minutes(CAST(482 + h % 900 AS INTEGER)) AS paid_at,
            'completed' AS status, 'S' || p AS sku, CAST(NULL AS VARCHAR) AS item_id, 'Product ' || p AS title,
            'Category ' || p % 24 AS category,
            CAST(1 + (h // 7) % 4 * ((h // 31) % 3) AS DOUBLE) AS quantity, CAST(NULL AS DOUBLE) AS unit_price,
            CAST((20 + p % 80) * (1 + (h // 7) % 4 * ((h // 31) % 3)) AS DOUBLE) AS paid_amount,
            CASE WHEN h % 25 = 0 THEN 5.0 END AS refund_amount, 0.0 AS discount, 0.0 AS freight,
            CAST(NULL AS DOUBLE) AS cost, 'CNY' AS currency, 'search' AS channel, 'mobile' AS device,
            'Province ' || h % 31 AS province
        FROM days WHERE (h // 1000) % 1000 < 1000 * chance
    """,
    "inventory_snapshots": """
        SELECT
            CAST($start + CAST(d AS INTEGER) AS DATE) AS date, 'S' || p AS sku, 'Product ' || p AS title,
            'main' AS warehouse,
            CAST(floor((0.2 + 2 * pow((hash(p + 11) % 1000) / 1000, 3)) * (hash(p * 77 + d) % 75)) AS DOUBLE) AS on_hand
        FROM range($products) AS products(p), range($days) AS days(d) WHERE ($days - 1 - d) % 7 = 0
    """,
    "purchase_orders": """
        SELECT
            'PO' || p || '-' || k AS po_id, 'S' || p AS sku, 'Product ' || p AS title,
            'Supplier ' || p % $suppliers AS supplier,
            CAST($start + CAST(40 * k + p % 30 AS INTEGER) AS DATE) AS ordered_on,
            CAST($start + CAST(40 * k + p % 30 + 7 + p % 8 AS INTEGER) AS DATE) AS promised_on,
            CASE
                WHEN 40 * k + p % 30 + 20 < $days
                    THEN CAST($start + CAST(40 * k + p % 30 + 6 + p % 8 + hash(p * 9 + k) % 5 AS INTEGER) AS DATE)
            END AS received_on,
            30.0 AS quantity, CASE WHEN 40 * k + p % 30 + 20 < $days THEN 30.0 END AS received_quantity,
            0.0 AS defect_quantity, 10.0 + p % 20 AS unit_cost,
            CASE WHEN 40 * k + p % 30 + 20 < $days THEN 'received' ELSE 'open' END AS status
        FROM range($products) AS products(p), range(9) AS orders(k) WHERE 40 * k + p % 30 < $days
    """,
    "products": """
        SELECT
            'S' || p AS sku, 'Product ' || p AS title, 'Category ' || p % 24 AS category,
            'Supplier ' || p % $suppliers AS supplier,
            CAST(20 + p % 80 AS DOUBLE) AS price, CAST(10 + p % 20 AS DOUBLE) AS cost, 12.0 AS moq, 6.0 AS pack_size
        FROM range($products) AS products(p)
    """,
}


def build(folder: Path, products: int, days: int = DAYS) -> Path:
    """A workspace of generated tables, what a conversion of exports would have left."""
    start = LAST_DAY - dt.timedelta(days=days - 1)
    given = {"products": products, "days": days, "start": start, "suppliers": SUPPLIERS}
    engine = Engine([folder], memory_limit="600MB", temp=folder / "temp", keep_order=False)
    workspace = Workspace.open(folder / "wide")
    for name, sql in TABLES.items():
        engine.copy(sql, folder / f"{name}.parquet", {key: value for key, value in given.items() if f"${key}" in sql})
        with workspace._loading(lambda _: None) as loader:
            out = loader.staging / "0.parquet"
            (folder / f"{name}.parquet").rename(out)
            rows = parquet.read_metadata(out).num_rows
            converted = Converted(Conversion(name, out, rows, rows), name, {"source": "generated"})
            loader.publish_load(
                name, Upload(name, uuid.uuid4().hex, out.stat().st_size), [converted], {}, {}, "benchmark"
            )
    return folder / "wide"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--products", type=int, default=PRODUCTS)
    parser.add_argument("--rounds", type=int, default=3, help="servers that are started anew")
    parser.add_argument("--home", type=Path, help="folder of shops to keep; a temporary one by default")
    chosen = parser.parse_args()
    os.environ["ECOPS_VISITS"] = "0"
    with tempfile.TemporaryDirectory() as folder:
        home = chosen.home or Path(folder)
        if not (home / "wide").exists():
            home.mkdir(parents=True, exist_ok=True)
            build(home, chosen.products)
        print(f"{chosen.products:,} products x {DAYS} days: the stock page of a server that never saw them")
        for _round in range(chosen.rounds):
            server = Server(home, 1, cold=True)
            try:
                asyncio.run(told(server))
            finally:
                server.stop()


async def told(server: Server) -> None:
    """Open the page once cold and then again."""
    query = "ws=wide&lang=zh"
    async with Browser(server.port) as reader:
        await settled(server)
        before, at_picture = server.cpu(), [math.nan]
        reader.on_picture = lambda: at_picture.append(server.cpu() - before)
        whole, errors = await reader.view("inventory", query)
        picture, worked = reader.picture, at_picture[-1]
        reader.on_picture = lambda: None
        await asyncio.sleep(0.2)
        cold = server.cpu() - before
        again = []
        for _time in range(7):
            before = server.cpu()
            await reader.view("inventory", query)
            await asyncio.sleep(0.2)
            again.append(server.cpu() - before)
    print(
        f"  first picture {picture:5.2f} s ({worked:.2f} CPU s), whole page {whole:5.2f} s ({cold:.2f} CPU s); "
        f"again {statistics.median(again[2:]):.3f} CPU s; {server.memory():.0f} MB",
        *errors,
        flush=True,
    )


async def settled(server: Server) -> None:
    """Wait until the server has imported what it imports before anybody asks."""
    before = -1.0
    while server.cpu() - before > 0.05:
        before = server.cpu()
        await asyncio.sleep(1)


if __name__ == "__main__":
    main()
