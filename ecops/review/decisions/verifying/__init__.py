"""The parts of the verification of actions: levels by week, how much they differ anyway, when a recovery began."""
