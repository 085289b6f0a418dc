"""Overview at scale: first answer and widget change at 1 M and 20 M order lines, beside the bare scan.

    python benchmarks/overview_scale.py [--rows 1000000 20000000]

A workspace is loaded with generated order lines (eighteen months, four platforms), then asked from a fresh process:
every KPI of four weeks against the four before (first answer), then other periods and splits (widget changes).
Targets on two cores: 2 s and 1 s at 20 M rows, 0.3 s a change at 1 M rows, at most 1 GB resident while loading.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
import uuid
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from ecops import growth
from ecops.engine.duck import Engine
from ecops.periods import Period
from ecops.sources.conversion.report import Conversion
from ecops.store import Workspace, rollups
from ecops.store.loading import Converted, Upload

LAST_DAY = dt.date(2026, 11, 15)
DAYS = 546
TARGETS = {1_000_000: (1.0, 0.3), 20_000_000: (2.0, 1.0)}
"""Rows -> seconds for the first answer and for a change."""

# Line i belongs to order i // 1.8; everything about an order hangs on the order alone, as in real exports.
LINES = """
WITH lines AS (
    SELECT i, CAST(floor(i / 1.8) AS BIGINT) AS o, hash(i) AS h, hash(CAST(floor(i / 1.8) AS BIGINT) + 7) AS g
    FROM range($rows) AS numbers(i)
), timed AS (
    SELECT *, CAST($start AS TIMESTAMP) + to_seconds(o * 86400 * $days // CAST($rows / 1.8 + 1 AS BIGINT)) AS t
    FROM lines
)
SELECT
    ['taobao', 'jd', 'douyin', 'pdd'][CAST(1 + g % 4 AS BIGINT)] AS platform,
    'main' AS shop,
    CAST(100000000000 + o AS VARCHAR) AS order_id,
    CAST(i AS VARCHAR) AS line_id,
    sha256(CAST(hash(g) % CAST($rows / 10 AS BIGINT) AS VARCHAR))[:32] AS buyer_id,
    t AS ordered_at,
    CASE WHEN g % 20 = 0 THEN NULL ELSE t + INTERVAL 2 MINUTE END AS paid_at,
    CASE WHEN g % 20 = 0 THEN 'unpaid' ELSE 'completed' END AS status,
    'S' || h % 3000 AS sku,
    CAST(NULL AS VARCHAR) AS item_id,
    'Product ' || h % 3000 AS title,
    'Category ' || h % 24 AS category,
    CAST(1 + h % 3 AS DOUBLE) AS quantity,
    CAST(NULL AS DOUBLE) AS unit_price,
    (100 + h % 20000) / 100 AS paid_amount,
    CASE WHEN h % 25 = 0 THEN 5.0 END AS refund_amount,
    0.0 AS discount, 0.0 AS freight, CAST(NULL AS DOUBLE) AS cost, 'CNY' AS currency,
    ['search', 'recommend', 'paid', 'live', 'direct'][CAST(1 + (g // 4) % 5 AS BIGINT)] AS channel,
    CASE WHEN (g // 20) % 8 = 0 THEN 'desktop' ELSE 'mobile' END AS device,
    'Province ' || (g // 160) % 31 AS province
FROM timed
"""
SCAN = """
SELECT sum(CASE WHEN paid_amount > 0 THEN paid_amount END) AS gross, count(DISTINCT buyer_id) AS buyers
FROM order_lines WHERE paid_at >= $start AND paid_at < $stop
"""


def seconds(work) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def generate(folder: Path, rows: int) -> dict[str, float]:
    """The order lines as one Parquet file, what a conversion would have left."""
    start = dt.datetime.combine(LAST_DAY - dt.timedelta(days=DAYS - 1), dt.time())
    parameters = {"rows": rows, "start": start, "days": DAYS}
    engine = Engine([folder], memory_limit="600MB", temp=folder / "temp", keep_order=False)
    return {"generate_s": seconds(lambda: engine.copy(LINES, folder / "lines.parquet", parameters))}


def build(folder: Path, rows: int) -> dict[str, float]:
    """Load the generated lines into a workspace: seconds, processor seconds, and the peak of resident memory."""
    workspace = Workspace.open(folder / "shop")
    with workspace._loading(lambda _: None) as loader:
        out = loader.staging / "0.parquet"
        (folder / "lines.parquet").rename(out)
        converted = Converted(Conversion("order_lines", out, rows, rows), "lines", {"source": "generated"})
        upload = Upload("generated", uuid.uuid4().hex, out.stat().st_size)
        published = seconds(lambda: loader.publish_load("generated", upload, [converted], {}, {}, "benchmark"))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    sizes = {f"{file.table}_mb": file.size / 1e6 for file in workspace.state.shown()[1]}
    return {"publish_s": published, "publish_cpu_s": time.process_time(), "peak_rss_mb": peak, **sizes}


def ask(folder: Path, _rows: int) -> dict[str, float]:
    """What a reader in a fresh process waits for."""
    began = time.perf_counter()
    data = Workspace.open(folder / "shop").data()
    first = Period(LAST_DAY - dt.timedelta(days=27), LAST_DAY)
    growth.kpis(data, first)
    answered, answered_cpu = time.perf_counter() - began, time.process_time()
    changes = []
    for days, by in (
        (7, None),
        (28, "platform"),
        (14, "channel"),
        (28, "device"),
        (30, None),
        (90, None),
        (7, "province"),
    ):
        period = Period(LAST_DAY - dt.timedelta(days=days), LAST_DAY - dt.timedelta(days=1))
        changes.append(seconds(lambda period=period, by=by: growth.kpis(data, period, "previous", by=by)))
    changed_cpu = time.process_time() - answered_cpu
    sums = "SELECT sum(gross_sales) AS g FROM daily_sales WHERE date BETWEEN $start AND $end"
    people = "SELECT count(DISTINCT buyer) AS n FROM daily_buyers WHERE date BETWEEN $start AND $end"
    # Answers are remembered, so each question is about other days.
    spans = [Period(first.start - dt.timedelta(days=back), first.end - dt.timedelta(days=back)) for back in range(1, 6)]
    rolled, bare = [], []
    data.query("SELECT count(*) AS n FROM order_lines")  # checks the hash of the file, which is not part of a scan
    for span in spans:
        days = {"start": span.start, "end": span.end}
        rolled.append(seconds(lambda days=days: (data.query(sums, days), data.query(people, days))))
        after = dt.datetime.combine(span.end + dt.timedelta(days=1), dt.time())
        moments = {"start": dt.datetime.combine(span.start, dt.time()), "stop": after}
        bare.append(seconds(lambda moments=moments: data.query(SCAN, moments, timeout=None)))
    whole = {"start": dt.datetime(2000, 1, 1), "stop": dt.datetime(2100, 1, 1)}
    everything = seconds(lambda: data.query(SCAN, whole, timeout=None))
    return {
        "first_answer_s": answered,
        "first_answer_cpu_s": answered_cpu,
        "change_median_s": statistics.median(changes),
        "change_worst_s": max(changes),
        "change_cpu_s": changed_cpu / len(changes),
        "rolled_period_s": statistics.median(rolled),
        "bare_scan_period_s": statistics.median(bare),
        "bare_scan_all_s": everything,
        "peak_rss_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }


STEPS = {"generate": generate, "build": build, "ask": ask}


def step(name: str, folder: Path, rows: int) -> dict[str, float]:
    """One part in a process of its own, so that memory is its own."""
    command = [sys.executable, __file__, "--step", name, "--folder", str(folder), "--rows", str(rows)]
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, nargs="+", default=[1_000_000, 20_000_000])
    parser.add_argument("--step", choices=sorted(STEPS))
    parser.add_argument("--folder", type=Path)
    arguments = parser.parse_args()
    if arguments.step:
        rows = arguments.rows[0]
        print(json.dumps(STEPS[arguments.step](arguments.folder, rows)))
        return
    for rows in arguments.rows:
        with tempfile.TemporaryDirectory() as folder:
            step("generate", Path(folder), rows)
            built = step("build", Path(folder), rows)
            asked = step("ask", Path(folder), rows)
        report(rows, built, asked)


def report(rows: int, built: dict[str, float], asked: dict[str, float]) -> None:
    first, change = TARGETS.get(rows, (float("nan"), float("nan")))
    sizes = {name[:-3]: size for name, size in built.items() if name.endswith("_mb") and name != "peak_rss_mb"}
    rolled, bare = asked["rolled_period_s"], asked["bare_scan_period_s"]
    first_cpu, change_cpu, load_cpu = asked["first_answer_cpu_s"], asked["change_cpu_s"], built["publish_cpu_s"]
    lines = (
        f"\n{rows:,} order lines; roll-ups: {', '.join(rollups.NAMES)}",
        f"publish (keys, hashes, roll-ups) {built['publish_s']:6.1f} s   CPU {load_cpu:.0f} s",
        f"publishing process, peak         {built['peak_rss_mb']:6.0f} MB   target 1000 MB",
        "on disk, MB: " + ", ".join(f"{name} {size:.1f}" for name, size in sizes.items()),
        f"first answer, fresh process {asked['first_answer_s']:11.2f} s   CPU {first_cpu:.2f} s   target {first} s",
        f"change, median              {asked['change_median_s']:11.2f} s   CPU {change_cpu:.2f} s   target {change} s",
        f"change, worst                    {asked['change_worst_s']:6.2f} s",
        f"sums + distinct buyers, 28 days  {rolled:6.3f} s   bare scan {bare:.3f} s   ratio {rolled / bare:.2f}",
        f"bare scan of all days            {asked['bare_scan_all_s']:6.2f} s",
        f"asking process, peak             {asked['peak_rss_mb']:6.0f} MB",
    )
    print("\n  ".join(lines))


if __name__ == "__main__":
    main()
