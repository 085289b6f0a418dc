"""Intervals and tests of two arms: shares, means, ratios, few and skewed values, several questions at once."""
