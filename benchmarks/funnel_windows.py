"""How fast a windowed funnel over a large log is, against ClickHouse's windowFunnel and the bare scan, in one run.

    python benchmarks/funnel_windows.py [--events 20000000] [--json]

Every measurement runs in a process of its own, so that peak memory belongs to it alone. chdb runs in the interpreter
that ECOPS_PEERS names (`make bench` installs it), else in this one where it has it; it is no dependency.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

STEPS = ["exposure", "click", "cart", "order", "pay"]
CHANNELS = ["ads", "direct", "feed", "live", "search", "social"]
WINDOW = 7 * 86_400


def generate(path: Path, events: int) -> None:
    """A log in the order of time: users with a first-touch channel that may change, 60 days, whole seconds."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.parquet as pq

    random = np.random.default_rng(20240618)
    users = events // 10
    start = np.datetime64("2026-01-01", "s").astype(np.int64)
    kinds = pa.array([*STEPS, "search_box", "account"])
    channels = pa.array(CHANNELS)
    schema = pa.schema(
        [("user_id", pa.int64()), ("happened_at", pa.timestamp("s")), ("event", pa.string()), ("channel", pa.string())]
    )
    part, written = 1_000_000, 0
    with pq.ParquetWriter(path, schema, compression="zstd") as writer:
        while written < events:
            size = min(part, events - written)
            seconds = np.sort(random.integers(written, written + size, size)) * (60 * 86_400) // events + start
            event = random.choice(len(kinds), size, p=[0.42, 0.22, 0.1, 0.04, 0.02, 0.12, 0.08]).astype(np.int32)
            columns = [
                pa.array(random.integers(1, users + 1, size)),
                pa.array(seconds).cast(pa.timestamp("s")),
                pa.DictionaryArray.from_arrays(pa.array(event), kinds).cast(pa.string()),
                pa.DictionaryArray.from_arrays(
                    pa.array(random.integers(0, len(CHANNELS), size).astype(np.int32)), channels
                ).cast(pa.string()),
            ]
            writer.write_table(pa.table(columns, schema=schema))
            written += size


def ours(path: Path) -> dict[str, object]:
    from ecops.funnel import FunnelSpec, from_events, pack

    spec = FunnelSpec(STEPS, window=WINDOW)
    begin, work = time.perf_counter(), time.process_time()
    packed = pack(path, by="channel")
    table = from_events(packed, spec)
    first, work = time.perf_counter() - begin, time.process_time() - work
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    begin = time.perf_counter()
    from_events(packed, spec.changed(window="1d"))
    second = time.perf_counter() - begin
    counts = {segment[0]: row for segment, row in zip(table.segments, table.counts.astype(int).tolist(), strict=True)}
    return {"seconds": first, "cpu": work, "second query": second, "peak": peak, "counts": counts}


def chdb(path: Path) -> dict[str, object]:
    try:
        import chdb as clickhouse
    except ImportError:
        return {}
    conditions = ", ".join(f"event = '{step}'" for step in STEPS)
    number = "transform(channel, [" + ", ".join(f"'{c}'" for c in CHANNELS) + "], range(6), 7)"
    # The first touch as one packed number, which is far faster than argMin of a tuple.
    sql = f"""
    SELECT first % 8 AS channel, level, count() AS n FROM (
        SELECT user_id, windowFunnel({WINDOW})(toDateTime(happened_at), {conditions}) AS level,
               min(toUInt64(toUnixTimestamp(toDateTime(happened_at))) * 8 + {number}) AS first
        FROM file('{path}', Parquet) GROUP BY user_id)
    GROUP BY channel, level ORDER BY channel, level FORMAT JSONCompact
    """
    begin, work = time.perf_counter(), time.process_time()
    rows = json.loads(str(clickhouse.query(sql)))["data"]
    seconds, work = time.perf_counter() - begin, time.process_time() - work
    counts = {channel: [0] * 5 for channel in CHANNELS}
    for channel, level, n in rows:
        for step in range(int(level)):
            counts[CHANNELS[int(channel)]][step] += int(n)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return {"seconds": seconds, "cpu": work, "peak": peak, "counts": counts}


def scan(path: Path) -> dict[str, object]:
    """Reading the four columns and doing next to nothing: the physical limit."""
    from ecops.engine.duck import Engine

    engine = Engine([path.parent], keep_order=False)
    sql = "SELECT sum(user_id), max(happened_at), max(length(event)), max(length(channel)) FROM log"
    begin = time.perf_counter()
    engine.query(sql, tables={"log": [path]}, timeout=None)
    seconds = time.perf_counter() - begin
    return {"seconds": seconds, "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss}


def counts(_: Path) -> dict[str, object]:
    """A table of counts: 4 weeks of 6 channels."""
    import numpy as np
    import pandas as pd

    from ecops.funnel import from_table

    random = np.random.default_rng(1)
    days = pd.date_range("2026-01-01", periods=28)
    frame = pd.DataFrame([(day, channel) for day in days for channel in CHANNELS], columns=["date", "channel"])
    for step, size in zip(STEPS, (100_000, 8_000, 900, 300, 200), strict=True):
        frame[step] = random.poisson(size, len(frame))
    from_table(frame, STEPS, by="channel")
    begin = time.perf_counter()
    from_table(frame, STEPS, by="channel")
    return {"seconds": time.perf_counter() - begin, "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss}


WAYS = {"scan": scan, "ours": ours, "chdb": chdb, "table of counts": counts}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=20_000_000)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--way", help=argparse.SUPPRESS)
    parser.add_argument("--file", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.way:
        print(json.dumps(WAYS[options.way](options.file)))
        return
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "events.parquet"
        generate(path, options.events)
        path.read_bytes()  # everybody reads from the page cache
        found = {}
        for way in WAYS:
            python = os.environ.get("ECOPS_PEERS", sys.executable) if way == "chdb" else sys.executable
            command = [python, __file__, "--way", way, "--file", str(path)]
            answer = subprocess.run(command, capture_output=True, text=True, check=True)
            found[way] = json.loads(answer.stdout.strip().splitlines()[-1])
    report(found, options.events, as_json=options.json)


def report(found: dict[str, dict], events: int, *, as_json: bool) -> None:
    if as_json:
        print(json.dumps(found))
        return
    print(f"{events:,} events, 5 ordered steps, 7-day window, by first-touch channel")
    limit = found["scan"]["seconds"]
    for way, result in found.items():
        if not result:
            print(f"{way:18} not installed")
            continue
        busy = f"cpu {result['cpu']:6.2f} s" if "cpu" in result else " " * 12
        ratio = f"{result['seconds'] / limit:6.1f} x scan" if way != "table of counts" else ""
        print(f"{way:18} {result['seconds']:7.3f} s  peak {result['peak'] / 1e6:5.2f} GB  {busy}  {ratio}")
    print(f"{'second query':18} {found['ours']['second query']:7.3f} s")
    if found["chdb"]:
        same = found["chdb"]["counts"] == found["ours"]["counts"]
        wall, busy = (found["chdb"][key] / found["ours"][key] for key in ("seconds", "cpu"))
        print(f"chdb / ours: {wall:.1f} x wall, {busy:.1f} x processor time; same numbers: {same}")


if __name__ == "__main__":
    main()
