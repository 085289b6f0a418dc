"""How fast are forecasts, calibrations and replays, beside one scan of the same numbers? python -m benchmarks.inventory

1,000 products x 365 days; the budget is 1 s for forecast and calibration, 2 s for the replay of a rule over 365 days.
With statsforecast installed, AutoETS runs beside on 50 of the products.
"""

from __future__ import annotations

import datetime as dt
import os
import subprocess
import sys
import tempfile
import time

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


PEER = """
import sys, time
import numpy as np
from statsforecast.models import AutoETS
rows = np.load(sys.argv[1])
AutoETS(season_length=7).forecast(rows[0], 28)  # compiled once
start = time.perf_counter()
for row in rows:
    AutoETS(season_length=7).forecast(row, 28)
print(time.perf_counter() - start)
"""


def peer(panel: Panel, ours: float) -> None:
    """AutoETS of statsforecast on 50 products, in the interpreter that ECOPS_PEERS names or this one."""
    with tempfile.NamedTemporaryFile(suffix=".npy") as file:
        np.save(file, panel.units[:50])
        file.flush()
        command = [os.environ.get("ECOPS_PEERS", sys.executable), "-c", PEER, file.name]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        print(f"  AutoETS of statsforecast: {done.stderr.strip().splitlines()[-1]}")
        return
    theirs = float(done.stdout) * PRODUCTS / 50
    print(f"  AutoETS, from 50 products        {theirs:8.1f} s   {theirs / ours:.0f} times ours")


if __name__ == "__main__":
    main()
