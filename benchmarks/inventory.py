"""How fast are forecasts, calibrations and replays, beside one scan of the same numbers? python -m benchmarks.inventory

1,000 products x 365 days, in CPU seconds; the budget is 1 s for forecast and calibration, 2 s for the replay of a rule
over 365 days. With statsforecast installed here, or in the environment whose Python ECOPS_PEERS names, AutoETS runs
beside on 200 of the products. `--grocery FILE` adds the products of a table of date, product_id and units: demand that
is made up is level for ever, and what a forecast is worth shows where it is not.
"""

from __future__ import annotations

import argparse
import datetime as dt
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd

from ecops.inventory.demand.panel import Panel, panel
from ecops.inventory.forecasting.boosted import available
from ecops.inventory.forecasting.forecast import forecast
from ecops.inventory.forecasting.lead_time import calibrate
from ecops.inventory.policies.replay import replay

PRODUCTS, DAYS, REPLAYED = 1_000, 365, 365
ROUNDS = 5


def made(products: int, days: int, seed: int = 0) -> Panel:
    """Lumpy demand: products of very different size, half of their days empty."""
    random = np.random.default_rng(seed)
    rate = random.gamma(0.5, 3.0, products)[:, None] * random.gamma(1.0, 1.0, (products, days))
    units = random.poisson(rate).astype(float)
    units[:, 0] = np.maximum(units[:, 0], 1)
    nothing = np.zeros_like(units)
    return Panel(
        tuple(f"P{row:05d}" for row in range(products)), dt.date(2025, 1, 1), units, nothing, nothing,
        np.zeros(products, dtype=np.int64), units.copy(), np.ones_like(units), nothing > 0,
    )  # fmt: skip


def fastest(work) -> float:
    """CPU seconds of the fastest of a few rounds, which do not count who else works on this machine."""
    took = []
    for _round in range(ROUNDS):
        start = time.process_time()
        work()
        took.append(time.process_time() - start)
    return min(took)


def real(file: Path) -> Panel:
    """The products of a table of date, product_id and units that sold on at least a quarter of their days."""
    rows = pd.read_parquet(file)
    rows = rows[rows["units"].between(0, MOST_UNITS, inclusive="right")]
    whole = panel(rows.rename(columns={"product_id": "sku"})[["date", "sku", "units"]].astype({"sku": str}))
    before = whole.days - DAYS_AHEAD
    often = (whole.units[:, :before] > 0).sum(axis=1) >= 0.25 * np.maximum(before - whole.first, 1)
    return whole.only(np.flatnonzero(often & (whole.first <= before - 112)))


def planned(data: Panel) -> None:
    forecast(data, 28)
    calibrate(data, 14)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--grocery", type=Path, help="parquet file of date, product_id and units, to be wrong about")
    options = parser.parse_args()
    year, long = made(PRODUCTS, DAYS), made(PRODUCTS, DAYS + REPLAYED)
    scan = fastest(year.units.sum)
    plan = fastest(lambda: planned(year))
    thumb = fastest(lambda: replay(long, "cover_days", 7, days=REPLAYED))
    learned = fastest(lambda: replay(long, "learned", 7, days=REPLAYED))
    print(f"{PRODUCTS:,} products x {DAYS} days, CPU seconds")
    print(f"  scanning the units once          {scan * 1000:8.2f} ms")
    print(f"  forecast and calibration         {plan:8.3f} s   budget 1 s")
    print(f"  replay of the 7/30-day rule      {thumb:8.3f} s   budget 2 s")
    print(f"  replay of the learned rule       {learned:8.3f} s   budget 2 s")
    peer(year, plan)
    if options.grocery:
        shop = real(options.grocery)
        print(f"{len(shop.skus):,} real products x {shop.days} days")
        peer(shop, fastest(lambda: forecast(shop, DAYS_AHEAD)) * PRODUCTS / len(shop.skus))


def peer(data: Panel, ours: float) -> None:
    """AutoETS of statsforecast on some products: how long, and how wrong beside ours in totals of four weeks, twice.

    In this environment, or in that of the Python named by ECOPS_PEERS.

    Args:
        data: the products.
        ours: CPU seconds of ours for 1,000 products.
    """
    python = os.environ.get("ECOPS_PEERS", sys.executable)
    took, missed, sold = 0.0, dict[str, float](), 0.0
    for ago in (DAYS_AHEAD, 2 * DAYS_AHEAD):
        before = data.before(data.until - dt.timedelta(days=ago - 1))
        rows = np.unique(np.linspace(0, len(before.skus) - 1, PEERED).astype(int))
        with tempfile.TemporaryDirectory() as folder:
            past, told = Path(folder) / "past.npy", Path(folder) / "told.npy"
            np.save(past, before.units[rows])
            np.save(told, before.first[rows])
            script = [python, "-c", AUTO_ETS, str(past), str(told)]
            ran = subprocess.run(script, capture_output=True, text=True, check=False)
            if ran.returncode:
                print(f"  AutoETS of statsforecast: {ran.stderr.strip().splitlines()[-1]}")
                return
            took += float(ran.stdout.split()[-1]) / len(rows)
            totals = {"AutoETS": np.load(told)}
        for name, method in (("ours", "ensemble"), ("ours with LightGBM", "lightgbm")):
            if method == "ensemble" or available():
                totals[name] = forecast(before, DAYS_AHEAD, method=method).total[rows]
        end = data.days - ago + DAYS_AHEAD
        place = [data.skus.index(before.skus[row]) for row in rows]
        actual = data.units[place, end - DAYS_AHEAD : end].sum(axis=1)
        sold += actual.sum()
        for name, total in totals.items():
            missed[name] = missed.get(name, 0.0) + np.abs(total - actual).sum()
    seconds = took / 2 * PRODUCTS
    print(f"  AutoETS, from {PEERED} products       {seconds:8.1f} s   {seconds / ours:.0f} times ours")
    told = ", ".join(f"{wrong / sold:.3f} {name}" for name, wrong in missed.items())
    print(f"  error of four-week totals        {told}")


PEERED, DAYS_AHEAD, MOST_UNITS = 200, 28, 1_000
AUTO_ETS = """
import sys, time
import numpy as np
from statsforecast.models import AutoETS
past, first = np.load(sys.argv[1]), np.load(sys.argv[2])
AutoETS(season_length=7).forecast(past[0, first[0]:], 28)
began = time.process_time()
told = [max(AutoETS(season_length=7).forecast(row[start:], 28)["mean"].sum(), 0) for row, start in zip(past, first)]
took = time.process_time() - began
np.save(sys.argv[2], np.array(told))
print(took)
"""


if __name__ == "__main__":
    main()
