"""Loading the corpus of small files from many hands: this program against an older checkout of it, in one run.

    python benchmarks/load_corpus.py                          # seconds a file, of this program alone
    python benchmarks/load_corpus.py --before ../ecops-old    # and those of the checkout in that folder, as a ratio

A load here is what happens before anything is stored: reading in the worker, detection, and the conversion of each
sheet as the report it is most likely to be. Processor seconds of all processes that work for a file are counted, the
least of several rounds (the imports are in the first). The older program is compared on the files that both convert.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
CORPUS = ROOT / "tests" / "sources" / "corpus"


def spent(rounds: int, each: int) -> dict[str, tuple[float, int]]:
    """File -> least processor seconds and sheets converted, by whatever `ecops` this process finds."""
    from ecops.errors import EcopsError
    from ecops.sources import inspect

    readers = _told_by_readers()
    found: dict[str, tuple[float, int]] = {}
    for _ in range(rounds):
        for path in sorted(CORPUS.glob("*.csv"))[::each]:
            readers.clear()
            began = sum(os.times()[:4])
            converted = 0
            with tempfile.TemporaryDirectory() as folder:
                try:
                    with inspect(path) as sheets:
                        for number, (grid, matches) in enumerate(sheets.sheets):
                            out = Path(folder) / f"{number}.parquet"
                            options = {"salt": "s", "currency": None, "timezone": "Asia/Shanghai"}
                            converted += not sheets.convert(grid, matches[0].mapping, out, **options).refused
                except (EcopsError, IndexError):
                    converted = 0
            used = sum(os.times()[:4]) - began + sum(readers)
            found[path.name] = min((used, converted), found.get(path.name, (used, converted)))
    return found


def _told_by_readers() -> list[float]:
    """Seconds of readers that are forked from a process of their own, which no count of this process's children has."""
    used: list[float] = []
    try:
        from ecops.sources.template import Template
    except ImportError:
        return used
    run = Template.run

    def told(*arguments: Any) -> Any:
        ended = run(*arguments)
        used.append(ended.seconds)
        return ended

    Template.run = told  # type: ignore[method-assign]
    return used


def measured(checkout: Path, rounds: int, each: int) -> dict[str, tuple[float, int]]:
    """What `spent` finds in a process that has the `ecops` of a checkout."""
    code = (
        f"import sys, json; sys.path[:0] = {[str(checkout), str(ROOT / 'benchmarks')]!r}; import load_corpus; "
        f"print(json.dumps(load_corpus.spent({rounds}, {each})))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=checkout)
    if done.returncode:
        raise SystemExit(done.stderr)
    answer: dict[str, tuple[float, int]] = json.loads(done.stdout.splitlines()[-1])
    return answer


def main() -> None:
    """Print the figures as lines of JSON."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--before", type=Path)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--each", type=int, default=1, help="load only every nth file")
    options = parser.parse_args()
    ours = measured(ROOT, options.rounds, options.each)
    _print("files", {"all": len(ours), "converted": sum(done > 0 for _, done in ours.values())})
    _print("ours", {"median": statistics.median(seconds for seconds, _ in ours.values())})
    if options.before:
        theirs = measured(options.before.resolve(), options.rounds, options.each)
        both = [name for name in ours if ours[name][1] and theirs[name][1]]
        now, then = (statistics.median(side[name][0] for name in both) for side in (ours, theirs))
        ratios = [ours[name][0] / theirs[name][0] for name in both]
        _print("both", {"files": len(both), "now": now, "before": then, "now/before": now / then})
        _print("ratio by file", {"median": statistics.median(ratios), "worst": max(ratios)})


def _print(name: str, figures: dict[str, float]) -> None:
    print(name, json.dumps({key: round(value, 4) for key, value in figures.items()}), flush=True)


if __name__ == "__main__":
    main()
