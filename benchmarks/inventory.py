"""How fast are forecasts, calibrations and replays, beside one scan of the same numbers? python -m benchmarks.inventory

1,000 products x 365 days; the budget is 1 s for forecast and calibration, 2 s for the replay of a rule over 365 days, all
in CPU seconds. With statsforecast installed here, or in the environment whose Python ECOPS_PEERS names, AutoETS runs
beside on 50 of the products. `--grocery FILE` takes the products of a table of date, product_id and units instead: what
a forecast is worth shows on real demand alone.
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
    """AutoETS of statsforecast on 50 products: how long, and how wrong beside ours in the totals of the last 28 days.

    In this environment, or in that of the Python named by ECOPS_PEERS.

    Args:
        data: the products.
        ours: CPU seconds of ours for 1,000 products.
    """
    rows = np.linspace(0, len(data.skus) - 1, PEERED).astype(int)
    python = os.environ.get("ECOPS_PEERS", sys.executable)
    with tempfile.TemporaryDirectory() as folder:
        past, told = Path(folder) / "past.npy", Path(folder) / "told.npy"
        np.save(past, data.units[rows, :-DAYS_AHEAD])
        np.save(told, data.first[rows])
        script = [python, "-c", AUTO_ETS, str(past), str(told)]
        ran = subprocess.run(script, capture_output=True, text=True, check=False)
        if ran.returncode:
            print(f"  AutoETS of statsforecast: {ran.stderr.strip().splitlines()[-1]}")
            return
        seconds, totals = float(ran.stdout.split()[-1]) * PRODUCTS / PEERED, np.load(told)
    before = data.before(data.until - dt.timedelta(days=DAYS_AHEAD - 1))
    known = np.array([data.skus[row] in set(before.skus) for row in rows])
    place = {sku: row for row, sku in enumerate(before.skus)}
    rows, totals = rows[known], totals[known]
    actual = data.units[rows, -DAYS_AHEAD:].sum(axis=1)
    told_by = {"AutoETS": totals}
    for name, method in (("ours", "ensemble"), ("ours with LightGBM", "lightgbm")):
        if method == "ensemble" or available():
            total = forecast(before, DAYS_AHEAD, method=method).total
            told_by[name] = total[[place[data.skus[row]] for row in rows]]
    print(f"  AutoETS, from {PEERED} products        {seconds:8.1f} s   {seconds / ours:.0f} times ours")
    wrong = [f"{np.abs(found - actual).sum() / actual.sum():.3f} {name}" for name, found in told_by.items()]
    print(f"  error of four-week totals        {', '.join(wrong)}")


PEERED, DAYS_AHEAD, MOST_UNITS = 50, 28, 1_000
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
