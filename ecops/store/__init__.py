"""Where tables live and who answers queries: the workspace folder, its state, and the DuckDB engine."""

from ecops.store.data import Data
from ecops.store.engine import Engine, QueryTimeoutError, load_sql
from ecops.store.reading import Wishes
from ecops.store.receipt import Receipt, SheetReceipt
from ecops.store.workspace import TableInfo, Workspace

__all__ = [
    "Data",
    "Engine",
    "QueryTimeoutError",
    "Receipt",
    "SheetReceipt",
    "TableInfo",
    "Wishes",
    "Workspace",
    "load_sql",
]
