"""From rows or totals to the moments of each arm."""
