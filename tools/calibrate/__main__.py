"""`python -m tools.calibrate [part of a name ...] [--cases N]`: hold every promise to account, in minutes."""

from __future__ import annotations

import argparse
import importlib
import pkgutil
import sys
import time

import tools.calibrate as package
from tools.calibrate.promises import Promise

SEED = 20261109


def promises() -> list[Promise]:
    """Those of every module of this folder that has any, in the order of their names."""
    modules = (importlib.import_module(f"{package.__name__}.{found.name}") for found in _subjects())
    return [promise for module in modules for promise in getattr(module, "PROMISES", ())]


def _subjects() -> list[pkgutil.ModuleInfo]:
    return [found for found in pkgutil.iter_modules(package.__path__) if not found.name.startswith("_")]


def main() -> int:
    """Print one row a promise; the exit code is the number of promises that were not kept."""
    parser = argparse.ArgumentParser(prog="python -m tools.calibrate", description=package.__doc__)
    parser.add_argument("names", nargs="*", help="parts of the names of promises; all without")
    parser.add_argument("--cases", type=int, help="simulated cases a promise, instead of its own number")
    parser.add_argument("--seed", type=int, default=SEED, help="of the simulated shops; another one is out of sample")
    asked = parser.parse_args()
    broken = 0
    sys.stdout.write(f"{'promise':44} {'promised':>15} {'held at':>16} {'cases':>6} {'s':>5}  what is said\n")
    for promise in promises():
        if asked.names and not any(part in promise.name for part in asked.names):
            continue
        began = time.perf_counter()
        held = promise.scene(asked.cases or promise.cases, asked.seed)
        kept = promise.kept(held)
        broken += not kept
        bounds = f"{promise.low:.3g} to {promise.high:.3g}"
        at = f"{held.value:.3f} ± {held.error:.3f}"
        seconds = time.perf_counter() - began
        mark = "" if kept else "  <- not kept"
        sys.stdout.write(
            f"{promise.name:44} {bounds:>15} {at:>16} {held.cases:>6} {seconds:5.0f}  {promise.promised}{mark}\n"
        )
        sys.stdout.flush()
    return broken


if __name__ == "__main__":
    raise SystemExit(main())
