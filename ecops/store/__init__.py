"""Where tables live and who answers queries: the workspace folder, its state, and the DuckDB engine."""
