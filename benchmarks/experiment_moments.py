"""How fast an experiment of ten million users is read, against the bare sums and against tea-tasting on pandas.

    python benchmarks/experiment_moments.py [--users 10000000] [--peers PYTHON]

Three metrics, each with a covariate: counts, sums, sums of squares and the cross products CUPED needs. Each path runs
in a process of its own, so that its peak memory is its own. PYTHON is an interpreter with tea-tasting 1.14 and pandas,
the one of `make bench` when ECOPS_PEERS names it.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
COLUMNS = ("orders", "revenue", "visits", "orders_before", "revenue_before", "visits_before")
CHANGES = ("margin", "monthly_traffic", "horizon", "prior", "alpha", "cap")
PAIRS = [(name, f"{name}_before") for name in COLUMNS[:3]]

BARE = """
import sys, time
sys.path.insert(0, {root!r})
from pathlib import Path
from ecops.engine.duck import Engine
path = Path({path!r})
sums = ", ".join(f"sum({{c}}), sum({{c}} * {{c}})" for c in {columns!r})
cross = ", ".join(f"sum({{a}} * {{b}})" for a, b in {pairs!r})
engine = Engine([path.parent], keep_order=False)
best = []
for _ in range({runs}):
    start = time.perf_counter()
    sql = f"select variant, count(*), {{sums}}, {{cross}} from given group by variant"
    engine.query(sql, None, {{"given": [path]}}, None)
    best.append(time.perf_counter() - start)
"""

OURS = """
import sys, time
sys.path.insert(0, {root!r})
from pathlib import Path
from ecops.experiments.reading.measure import Wanted, _Query, _cells, _centres
from ecops.experiments.reading.source import open_source
wanted = Wanted("", "variant", "", {columns!r}, tuple({pairs!r}))
best = []
for _ in range({runs}):
    start = time.perf_counter()
    source = open_source({path!r}, ())
    query = _Query(source, wanted)
    query.blank = set()
    names = {columns!r}
    expressions = {{name: query.value(name) for name in names}}
    shift = _centres(query, names, expressions)
    _cells(query, names, expressions, {{}}, ("true", {{}}), shift)
    best.append(time.perf_counter() - start)
"""

WHOLE = """
import sys, time
sys.path.insert(0, {root!r})
from ecops.experiments import Experiment, Metric, analyse, decide, tally_of
from ecops.messages import Term
def metric(name, kind="mean", **more):
    return Metric(name, Term(en=name, zh=name), kind, name, covariates=(name + "_before",), **more)
spec = Experiment(goal=metric("revenue", cap=True, value=1.0, unit="money"),
                  secondary=(metric("orders"), metric("visits")), planned_sample=2 * {users}, monthly_traffic=1e6)
best = []
start = time.perf_counter()
tally = tally_of({path!r}, spec)
decide(analyse(tally, spec))
best.append(time.perf_counter() - start)
from dataclasses import replace
again = []
for alpha in (0.01, 0.1, 0.05):
    start = time.process_time()
    decide(analyse(tally, replace(spec, alpha=alpha, prior=0.2, margin=0.3)))
    again.append(time.process_time() - start)
print("again", min(again))
"""

WHAT_IF = """
import sys, time
sys.path.insert(0, {root!r})
from dataclasses import replace
import numpy as np
import pandas as pd
from ecops.experiments import Experiment, analyse, decide, tally_of
rng, n = np.random.default_rng(0), 200_000
orders = rng.binomial(2, 0.03, n)
users = pd.DataFrame({{
    "unit_id": np.arange(n).astype(str), "variant": rng.choice(["A", "B", "C"], n), "converted": orders > 0,
    "exposed_at": pd.Timestamp("2026-09-01") + pd.to_timedelta(rng.integers(0, 28, n), unit="D"),
    "device": rng.choice(["mobile", "desktop"], n), "channel": rng.choice(list("abcdefgh"), n),
    "orders": orders, "revenue": orders * rng.lognormal(4, 0.8, n).round(2), "pre_value": rng.lognormal(2, 1, n)}})
spec = Experiment(arms={{"A": 1, "B": 1, "C": 1}}, goal="uv_value", secondary=("conversion", "aov"),
                  segments=("device", "channel"), covariates=("pre_value",), planned_sample=250_000,
                  looks=(50_000, 100_000))
start = time.process_time()
tally = tally_of(users, spec)
decide(analyse(tally, spec))
best = [time.process_time() - start]
changes = dict(margin=[0.3, 0.4, 0.5], monthly_traffic=[1e5, 2e5, 3e5], horizon=[3.0, 9.0, 12.0],
               prior=[0.05, 0.2, 0.3], alpha=[0.01, 0.1, 0.02])
def cost(changed):
    start = time.process_time()
    decide(analyse(tally, changed))
    return time.process_time() - start
for name, values in changes.items():
    print(name, max(cost(replace(spec, **{{name: value}})) for value in values))
start = time.process_time()
decide(analyse(tally, replace(spec, goal=replace(spec.goal_metric, cap=False))))
print("cap", time.process_time() - start)
"""

TEA = """
import time
import pandas as pd
import tea_tasting as tt
best = []
for _ in range(1):
    data = pd.read_parquet({path!r})
    start = time.perf_counter()
    test = tt.Experiment(**{{name: tt.Mean(name, covariate) for name, covariate in {pairs!r}}})
    test.analyze(data)
    best.append(time.perf_counter() - start)
"""

TAIL = """
import resource
print("seconds", min(best))
print("peak", resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6)
"""


def make(path: Path, users: int) -> None:
    """Users with correlated history, written in row groups so that memory stays small."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.parquet as pq

    rng = np.random.default_rng(0)
    writer = None
    for start in range(0, users, 1_000_000):
        n = min(1_000_000, users - start)
        taste = rng.normal(0, 1, n)
        columns: dict[str, object] = {"variant": np.where(rng.random(n) < 0.5, "A", "B")}
        for suffix in ("", "_before"):
            visits = rng.poisson(np.exp(0.5 + 0.5 * taste)).astype(float)
            orders = rng.binomial(visits.astype(int), 0.04).astype(float)
            columns |= {
                f"visits{suffix}": visits,
                f"orders{suffix}": orders,
                f"revenue{suffix}": (orders * rng.lognormal(4, 0.8, n)).round(2),
            }
        table = pa.table(columns)
        writer = writer or pq.ParquetWriter(path, table.schema, compression="zstd")
        writer.write_table(table)
    if writer is not None:
        writer.close()


def run(python: str, script: str, **values: object) -> dict[str, float]:
    """Figures that a script prints, from a process of its own; none, and why, where it fails."""
    text = script.format(root=str(ROOT), columns=COLUMNS, pairs=PAIRS, **values) + TAIL
    done = subprocess.run([python, "-c", text], capture_output=True, text=True, check=False)
    if done.returncode:
        print(f"failed: {done.stderr.strip().splitlines()[-1]}")
        return {}
    return {line.split()[0]: float(line.split()[1]) for line in done.stdout.splitlines() if line}


def bounds() -> float:
    """Seconds for the bounds of 28 looks."""
    sys.path.insert(0, str(ROOT))
    from ecops.experiments import group_sequential

    start = time.perf_counter()
    group_sequential([look / 28 for look in range(1, 29)], alpha=0.0499)
    return time.perf_counter() - start


def main() -> None:
    """Run and print the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--users", type=int, default=10_000_000)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--peers", default=os.environ.get("ECOPS_PEERS", sys.executable))
    parser.add_argument("--make", type=Path, help="only write the users to this file")
    chosen = parser.parse_args()
    if chosen.make:
        make(chosen.make, chosen.users)
        return
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "users.parquet"
        # Not in this process: a child starts with the peak memory of its parent.
        command = [sys.executable, __file__, "--make", str(path), "--users", str(chosen.users)]
        subprocess.run(command, check=True)
        values = {"path": str(path), "runs": chosen.runs, "users": chosen.users}
        found = {
            "bare DuckDB sums": run(sys.executable, BARE, **values),
            "ecops moments": run(sys.executable, OURS, **values),
            "ecops read, check, cap, decide": run(sys.executable, WHOLE, **values),
            "tea-tasting on pandas (without reading)": run(chosen.peers, TEA, **values),
        }
    found["what-if, processor seconds"] = run(sys.executable, WHAT_IF)
    found["28 bounds"] = {"seconds": bounds()}
    for name, figures in found.items():
        print(f"{name:50s} {json.dumps({key: round(value, 3) for key, value in figures.items()})}")
    base, ours, tea = (found[name].get("seconds") for name in [*list(found)[:2], list(found)[3]])
    if base and ours:
        print(f"moments / bare sums = {ours / base:.2f} (at most 1.5)")
    slowest = max((value for key, value in found["what-if, processor seconds"].items() if key in CHANGES), default=0)
    print(f"slowest what-if = {1000 * slowest:.0f} ms of processor time (at most 50)")
    if tea and ours:
        print(f"tea-tasting / moments = {tea / ours:.1f} (at least 4)")


if __name__ == "__main__":
    main()
