"""Where tables live: the workspace folder, its Parquet files, and what it remembers beside them."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ecops.store.answers import Answers
    from ecops.store.data import Data
    from ecops.store.reading import Wishes
    from ecops.store.receipt import Receipt, SheetReceipt
    from ecops.store.workspace import TableInfo, Workspace, is_workspace

__all__ = [
    "Answers",
    "Data",
    "Receipt",
    "SheetReceipt",
    "TableInfo",
    "Wishes",
    "Workspace",
    "is_workspace",
]

_HOMES = {
    "Answers": "answers",
    "Data": "data",
    "Wishes": "reading",
    "Receipt": "receipt",
    "SheetReceipt": "receipt",
    "TableInfo": "workspace",
    "Workspace": "workspace",
    "is_workspace": "workspace",
}


def __getattr__(name: str) -> object:
    # Each when first asked for: who only reads frames needs no state, which would bring SQLAlchemy.
    if name in _HOMES:
        return getattr(importlib.import_module(f"ecops.store.{_HOMES[name]}"), name)
    raise AttributeError(f"module 'ecops.store' has no attribute {name!r}")
