"""The relational work of the funnel."""
