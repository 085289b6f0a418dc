"""The page of figures and causes."""
