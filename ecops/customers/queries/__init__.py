"""The questions of this capability, one SELECT a file."""
