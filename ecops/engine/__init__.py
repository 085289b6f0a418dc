"""Who answers SQL: one locked-down DuckDB, and the questions as files."""

from ecops.engine.questions import load_sql

__all__ = ["load_sql"]
