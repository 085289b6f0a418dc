"""Past campaigns and the running one, as they stand in the tables."""
