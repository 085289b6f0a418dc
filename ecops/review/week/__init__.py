"""One week put together: figures, course, findings, the deck."""
