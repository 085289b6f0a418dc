"""Who answers SQL: one locked-down DuckDB, the questions as files, and answers that are worked out once for all."""

from ecops.engine.questions import load_sql

__all__ = ["load_sql"]
