"""Which suppliers keep their word, proven or not, and what their delays cost in stock."""
