"""What do buyers praise and complain about, ours and rivals'? Words, sentiment, topics, comparisons, quotes."""
