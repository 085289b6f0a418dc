"""Prices of rivals: what a text says, how ours stand, which bands are empty, when they promote."""
