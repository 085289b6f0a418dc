"""Where tables live and who answers queries: the workspace folder, its state, and the DuckDB engine."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ecops.store.answers import Answers
    from ecops.store.data import Data
    from ecops.store.engine import Engine, QueryTimeoutError, load_sql
    from ecops.store.reading import Wishes
    from ecops.store.receipt import Receipt, SheetReceipt
    from ecops.store.workspace import TableInfo, Workspace, is_workspace

__all__ = [
    "Answers",
    "Data",
    "Engine",
    "QueryTimeoutError",
    "Receipt",
    "SheetReceipt",
    "TableInfo",
    "Wishes",
    "Workspace",
    "is_workspace",
    "load_sql",
]

_HOMES = {
    "Answers": "answers",
    "Data": "data",
    "Engine": "engine",
    "QueryTimeoutError": "engine",
    "load_sql": "engine",
    "Wishes": "reading",
    "Receipt": "receipt",
    "SheetReceipt": "receipt",
    "TableInfo": "workspace",
    "Workspace": "workspace",
    "is_workspace": "workspace",
}


def __getattr__(name: str) -> object:
    # The reader's worker needs the engine alone; the state would bring SQLAlchemy to every file it reads.
    if name in _HOMES:
        return getattr(importlib.import_module(f"ecops.store.{_HOMES[name]}"), name)
    raise AttributeError(f"module 'ecops.store' has no attribute {name!r}")
