"""Which step in which part really changed, what it costs, and what would be if."""
