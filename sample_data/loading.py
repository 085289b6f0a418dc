"""Loads the sample shop into a workspace, with what no file can know of itself: the name of the shop, the level."""

from __future__ import annotations

import datetime as dt
import functools
import hashlib
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import sample_data
from ecops.experiments.records.register import Register
from ecops.store import Wishes
from ecops.tables import table

if TYPE_CHECKING:
    from ecops.sources import Inspection
    from ecops.store import Receipt, Workspace


def renew(workspace: Workspace) -> list[Path]:
    """Take back the files of an older release, and write down what is known of the tests before anybody looks at one.

    Returns:
        The files that the workspace, which holds no others, still lacks.
    """
    _write_down(workspace)
    wanted = {hashlib.sha256(file.read_bytes()).hexdigest(): file for file in sample_data.files()}
    standing = {receipt.sha256: receipt for receipt in workspace.receipts() if not receipt.undone}
    for outdated in standing.keys() - wanted.keys():
        workspace.undo(standing[outdated], actor="sample")
    return [file for sha256, file in wanted.items() if sha256 not in standing]


@functools.cache
def experiments() -> Mapping[str, dict[str, Any]]:
    """What the people of the shop wrote down about each of their tests, see `experiments.toml`."""
    return tomllib.loads((sample_data.FOLDER.parent / "experiments.toml").read_text("utf-8"))


def _write_down(workspace: Workspace) -> None:
    register = Register(workspace.state)
    known = {trial.name for trial in register.trials()}
    for name, told in experiments().items():
        if name in known:
            continue
        fields = {key: value for key, value in told.items() if key not in {"hypothesis", "looks"}}
        register.write(name, "sample", hypothesis=told["hypothesis"]["zh"], goal="conversion", **fields)
        for users, day, verdict in told["looks"]:
            register.look(name, "sample", users, verdict, dt.date.fromisoformat(day))


def load(workspace: Workspace, files: Sequence[Path]) -> Iterator[Receipt]:
    """Load files of the sample shop; yields a receipt as soon as a file is in.

    Raises:
        EcopsError: a file cannot be loaded; those before it stay.
    """
    if not workspace.currency:
        workspace.set_setting("currency", "CNY", actor="sample")
    return workspace.load_many(files, wishes, actor="sample")


def wishes(inspection: Inspection) -> Wishes:
    """How a file of the sample shop is to be read; known by its name."""
    said = dict(sample_data.hints()[inspection.file])
    names = table(wanted := said.pop("table")).names
    plans = {}
    for grid, matches in inspection.sheets:
        best = next(match.mapping for match in matches if match.table == wanted)
        constants = {name: value for name, value in said.items() if name in names and name not in best.columns}
        plans[grid.name] = best.with_constants(**constants)
    return Wishes(mapping=plans, sheets=list(plans), currency="CNY")
