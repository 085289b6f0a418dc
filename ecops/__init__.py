"""ecops: from a shop's exports to what changed, why, how sure, what it costs, what to do, and whether it worked."""

from ecops.errors import EcopsError
from ecops.finding import Advice, Amount, Finding
from ecops.messages import Message
from ecops.periods import Period

__all__ = ["Advice", "Amount", "EcopsError", "Finding", "Message", "Period", "Receipt", "Workspace"]


def __getattr__(name: str) -> object:
    # The store brings DuckDB and SQLAlchemy with it; errors and messages must not wait for them.
    if name in {"Workspace", "Receipt"}:
        from ecops import store

        return getattr(store, name)
    raise AttributeError(f"module 'ecops' has no attribute {name!r}")
