"""What was asked for each day: sales with their empty days, stock-outs given back, and what kind of demand it is."""
