"""The weekly review: findings, actions, and whether they worked."""
