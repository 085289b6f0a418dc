"""The parts of the page of rivals."""
