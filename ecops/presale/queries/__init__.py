"""The questions asked of the tables, one SELECT a file."""
