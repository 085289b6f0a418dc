"""What to do: tiers and nudges, an action for each segment, the list with its hold-back, and what it brought."""
