"""Relational work of stock and replenishment, one question a file."""
