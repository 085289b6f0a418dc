"""The questions the growth capability asks the tables."""
