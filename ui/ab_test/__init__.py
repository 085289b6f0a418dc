"""The page of tests."""
