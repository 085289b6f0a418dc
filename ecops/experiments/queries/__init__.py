"""Relational work of experiments, one question a file.

The names in braces are filled in by `ecops.experiments.reading.measure` with lists of generated column names (value_0,
segment_1, ...); names of a user's columns never stand in a query except as quoted identifiers of the first projection.
"""
