"""The page of the weekly meeting: figures, decisions, what came of them."""
