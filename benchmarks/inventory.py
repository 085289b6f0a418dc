"""How fast are forecasts, calibrations and replays, beside one scan of the same numbers? python -m benchmarks.inventory

1,000 products x 365 days; the budget is 1 s for forecast and calibration, 2 s for the replay of a rule over 365 days.
With statsforecast installed here, or in the environment whose Python ECOPS_PEERS names, AutoETS runs beside on 50 of
the products.
"""

from __future__ import annotations

import datetime as dt
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from ecops.inventory.demand.panel import Panel
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
    """Seconds of the fastest of a few rounds: the others waited for somebody."""
    took = []
    for _round in range(ROUNDS):
        start = time.perf_counter()
        work()
        took.append(time.perf_counter() - start)
    return min(took)


def planned(panel: Panel) -> None:
    forecast(panel, 28)
    calibrate(panel, 14)


def main() -> None:
    year, long = made(PRODUCTS, DAYS), made(PRODUCTS, DAYS + REPLAYED)
    scan = fastest(year.units.sum)
    plan = fastest(lambda: planned(year))
    thumb = fastest(lambda: replay(long, "cover_days", 7, days=REPLAYED))
    learned = fastest(lambda: replay(long, "learned", 7, days=REPLAYED))
    print(f"{PRODUCTS:,} products x {DAYS} days")
    print(f"  scanning the units once          {scan * 1000:8.2f} ms")
    print(f"  forecast and calibration         {plan:8.3f} s   budget 1 s")
    print(f"  replay of the 7/30-day rule      {thumb:8.3f} s   budget 2 s")
    print(f"  replay of the learned rule       {learned:8.3f} s   budget 2 s")
    peer(year, plan)


def peer(panel: Panel, ours: float) -> None:
    """AutoETS of statsforecast on 50 products: how long, and how wrong beside ours in the totals of the last 28 days.

    In this environment, or in that of the Python named by ECOPS_PEERS.
    """
    rows = np.linspace(0, len(panel.skus) - 1, PEERED).astype(int)
    python = os.environ.get("ECOPS_PEERS", sys.executable)
    with tempfile.TemporaryDirectory() as folder:
        past, told = Path(folder) / "past.npy", Path(folder) / "told.npy"
        np.save(past, panel.units[rows, :-DAYS_AHEAD])
        script = [python, "-c", AUTO_ETS, str(past), str(told)]
        ran = subprocess.run(script, capture_output=True, text=True, check=False)
        if ran.returncode:
            print(f"  AutoETS of statsforecast: {ran.stderr.strip().splitlines()[-1]}")
            return
        seconds, totals = float(ran.stdout.split()[-1]) * PRODUCTS / PEERED, np.load(told)
    before = panel.only(rows).before(panel.until - dt.timedelta(days=DAYS_AHEAD - 1))
    actual = panel.units[rows, -DAYS_AHEAD:].sum(axis=1)
    wrong = [np.abs(found - actual).sum() / actual.sum() for found in (totals, forecast(before, DAYS_AHEAD).total)]
    print(f"  AutoETS, from {PEERED} products        {seconds:8.1f} s CPU   {seconds / ours:.0f} times ours")
    print(f"  error of four-week totals        {wrong[0]:8.3f} AutoETS, {wrong[1]:.3f} ours")


PEERED, DAYS_AHEAD = 50, 28
AUTO_ETS = """
import sys, time
import numpy as np
from statsforecast.models import AutoETS
past = np.load(sys.argv[1])
AutoETS(season_length=7).forecast(past[0], 28)
began = time.process_time()
told = [AutoETS(season_length=7).forecast(row, 28)["mean"].sum() for row in past]
took = time.process_time() - began
np.save(sys.argv[2], np.array(told))
print(took)
"""


if __name__ == "__main__":
    main()
