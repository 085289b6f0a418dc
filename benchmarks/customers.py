"""Recency, frequency, money, scores and cohorts of 20 million order lines, beside the usual pandas way; and the fit.

Run: python benchmarks/customers.py [lines] (20,000,000 when not given). Each variant runs in a process of its own, one
after the other; CPU seconds and peak memory are those of the process, the reading of the Parquet file included. With
ECOPS_PEERS naming the Python of an environment that has lifetimes (0.11.3, archived; it wants old packages), its fit of
the same million customers runs beside ours.
"""

from __future__ import annotations

import datetime as dt
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Literal

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
CUSTOMERS_OF = 10
PANDAS_PART = 10
DAYS = 730
LAST = dt.date(2024, 1, 1) + dt.timedelta(days=DAYS - 1)


def write_lines(path: Path, lines: int, seed: int = 3) -> None:
    """Order lines as a workspace holds them: text ids, 2.5 lines an order, 3 % of the lines taken back."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    generator = np.random.default_rng(seed)
    orders, customers = lines * 2 // 5, lines // CUSTOMERS_OF
    writer, block = None, 2_000_000
    favourite = generator.permutation(customers)
    for start in range(0, lines, block):
        many = min(block, lines - start)
        order = (start + np.arange(many)) * orders // lines
        mixed = (order * 2_654_435_761) % (2**32)
        buyer = favourite[((mixed / 2**32) ** 1.6 * customers).astype(np.int64)]
        day = (mixed * 48_271) % DAYS
        amount = np.round(generator.gamma(2.0, 20.0, many), 2)
        back = generator.random(many) < 0.03
        table = pa.table(
            {
                "platform": pa.array(np.full(many, "taobao")),
                "shop": pa.array(np.full(many, "")),
                "order_id": pa.array(order.astype(str)),
                "line_id": pa.array((np.arange(many) % 3).astype(str)),
                "buyer_id": pa.array(np.char.add("u", buyer.astype(str))),
                "ordered_at": pa.array((np.datetime64("2024-01-01") + day).astype("datetime64[us]")),
                "sku": pa.array((np.arange(many) % 5000).astype(str)),
                "quantity": pa.array(np.ones(many)),
                "paid_amount": pa.array(np.where(back, -amount, amount)),
            }
        )
        writer = writer or pq.ParquetWriter(path, table.schema)
        writer.write_table(table)
    assert writer is not None
    writer.close()


def ours(path: Path, refunds: Literal["match", "net"] = "net") -> dict[str, float]:
    from ecops import customers
    from ecops.store.inputs import open_data

    book = customers.order_book(open_data(path), refunds=refunds)
    table = customers.rfm(book)
    found = customers.segment(customers.score(table))
    cohorts = customers.cohorts(book)
    return {
        "customers": len(table),
        "orders": float(table.frequency.sum()),
        "money": round(float(table.money.sum()), 2),
        "cells": float(np.nansum(cohorts.values)),
        "champions": float(found.table()["customers"][0]),
    }


def matched(path: Path) -> dict[str, float]:
    """The same with cancellations put back to the orders they cancel."""
    return ours(path, "match")


def page(path: Path) -> dict[str, float]:
    """What the page works out and draws again when a reader changes the scheme, then the cut-offs."""
    from plotly.io.json import to_json_plotly

    from ecops.charts import Look
    from ecops.customers import answers
    from ecops.customers.scoring import figures
    from ecops.store.inputs import open_data

    data, look = open_data(path), Look("zh", dark=False, red_up=True)
    first = answers.Asked(LAST)
    book = answers.book(data, LAST)
    spent: list[float] = []
    for asked in (first, replace(first, scheme="cn8"), replace(first, method="quantile")):
        began = time.process_time()
        found = answers.segments(data, asked)
        moves = answers.moves(data, asked, 28, "frozen")
        answers.planned(data, asked, 199, 30, 0.35, None)
        answers.verdict(found, ())
        moves.table()
        for figure in (
            figures.segment_bars(found, look),
            figures.score_map(found, look),
            figures.migration_map(moves, look),
        ):
            to_json_plotly({"data": figure.data, "layout": figure.layout})
        spent.append(time.process_time() - began)
    return {
        "customers": len(book.customers),
        "first_cpu": round(spent[0], 2),
        "scheme_cpu": round(spent[1], 2),
        "cut_offs_cpu": round(spent[2], 2),
    }


def pandas_way(path: Path) -> dict[str, float]:
    """As tutorials do it: groupby with nunique, qcut, a map of texts, months by Period."""
    import pandas as pd

    lines = pd.read_parquet(path, columns=["order_id", "buyer_id", "ordered_at", "paid_amount"])
    last = lines["ordered_at"].max() + pd.Timedelta(days=1)
    bought = lines[lines["paid_amount"] > 0]
    table = bought.groupby("buyer_id").agg(
        recency=("ordered_at", lambda times: (last - times.max()).days),
        frequency=("order_id", "nunique"),
        money=("paid_amount", "sum"),
    )
    for name, sign in (("recency", -1), ("frequency", 1), ("money", 1)):
        table[name[0]] = pd.qcut((sign * table[name]).rank(method="first"), 5, labels=[1, 2, 3, 4, 5]).astype(int)
    table["code"] = table["r"].astype(str) + table["f"].astype(str) + table["m"].astype(str)
    month = bought["ordered_at"].dt.to_period("M")
    first = month.groupby(bought["buyer_id"]).transform("min")
    age = (month - first).map(lambda step: step.n)
    cells = bought.assign(first=first, age=age).groupby(["first", "age"])["buyer_id"].nunique()
    return {"customers": len(table), "cells": float(cells.sum()), "champions": float((table["code"] == "555").sum())}


def fit(_: Path, many: int = 1_000_000) -> dict[str, float]:
    """A million customers simulated from a known model, fitted and forecast."""
    from ecops.customers.value.history import History
    from ecops.customers.value.purchases import fit_purchases

    repeats, last, age = simulated(many)
    past = History(np.arange(many), repeats, last, age, np.full(many, np.nan), dt.date(2026, 1, 1))
    import scipy.optimize  # noqa: F401 - not part of what is measured

    began = time.process_time()
    found = fit_purchases(past, "bg_nbd")
    fitted = time.process_time()
    found.expected(past, 180)
    found.buys(past, 180)
    return {
        "fit_cpu": round(fitted - began, 2),
        "predict_cpu": round(time.process_time() - fitted, 2),
        **{name: round(value, 4) for name, value in found.parameters.items()},
    }


def lifetimes_fit(_: Path, many: int = 1_000_000) -> dict[str, float]:
    """The same by lifetimes, where it is installed."""
    from lifetimes import BetaGeoFitter

    repeats, last, age = simulated(many)
    began = time.process_time()
    found = BetaGeoFitter().fit(repeats, last, age)
    fitted = time.process_time()
    found.conditional_expected_number_of_purchases_up_to_time(180, repeats, last, age)
    found.conditional_probability_alive(repeats, last, age)
    return {
        "fit_cpu": round(fitted - began, 2),
        "predict_cpu": round(time.process_time() - fitted, 2),
        **{name: round(float(value), 4) for name, value in found.params_.items()},
    }


def simulated(many: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Repeat purchases, day of the last one and age of customers of a BG/NBD model (r .6, alpha 60, a .9, b 3)."""
    generator = np.random.default_rng(0)
    rate, leave = generator.gamma(0.6, 1 / 60, many), generator.beta(0.9, 3, many)
    age = generator.integers(30, 730, many)
    clock, last, repeats = np.zeros(many), np.zeros(many), np.zeros(many, np.int64)
    there = np.ones(many, bool)
    while there.any():
        who = np.flatnonzero(there)
        clock[who] += generator.exponential(1 / rate[who])
        inside = clock[who] <= age[who]
        there[who[~inside]] = False
        bought = who[inside]
        repeats[bought] += 1
        last[bought] = clock[bought]
        there[bought[generator.random(len(bought)) < leave[bought]]] = False
    return repeats, np.round(last).astype(np.int64), age


VARIANTS: dict[str, Callable[[Path], dict[str, float]]] = {
    "ours": ours,
    "matched": matched,
    "page": page,
    "pandas": pandas_way,
    "fit": fit,
    "lifetimes": lifetimes_fit,
}


def peak() -> int:
    """Most memory of this process, in MB; `ru_maxrss` would count that of the parent at the fork."""
    lines = Path("/proc/self/status").read_text("utf-8").splitlines()
    return int(next(line for line in lines if line.startswith("VmHWM")).split()[1]) // 1024


def measured(variant: str, path: Path, python: str = sys.executable) -> dict[str, float]:
    """Run one variant in a process of its own."""
    out = subprocess.run([python, __file__, variant, str(path)], capture_output=True, text=True, check=True)
    found: dict[str, float] = json.loads(out.stdout.splitlines()[-1])
    return found


def main() -> None:
    if len(sys.argv) > 2:
        began = time.process_time()
        found = VARIANTS[sys.argv[1]](Path(sys.argv[2]))
        print(json.dumps({**found, "cpu": round(time.process_time() - began, 2), "peak_mb": peak()}))
        return
    lines = int(sys.argv[1]) if len(sys.argv) > 1 else 20_000_000
    with tempfile.TemporaryDirectory() as folder:
        whole, half, part = (Path(folder) / f"{name}.parquet" for name in ("lines", "half", "part"))
        write_lines(whole, lines)
        write_lines(half, lines // 2)
        write_lines(part, lines // PANDAS_PART)
        ours_part, peer = measured("ours", part), measured("pandas", part)
        print(f"{lines:,} lines:", measured("ours", whole))
        print(f"{lines:,} lines, cancellations matched:", measured("matched", whole))
        print(f"{lines // PANDAS_PART:,} lines, ours:", ours_part)
        print(f"{lines // PANDAS_PART:,} lines, pandas:", peer, f"ratio {peer['cpu'] / ours_part['cpu']:.1f}")
        print("a change of scheme:", measured("page", half))
        found = measured("fit", whole)
        print("a million customers:", found)
        peers = os.environ.get("ECOPS_PEERS")
        if peers:
            theirs = measured("lifetimes", whole, peers)
            print("  the same by lifetimes:", theirs, f"ratio {theirs['fit_cpu'] / found['fit_cpu']:.1f}")


if __name__ == "__main__":
    main()
