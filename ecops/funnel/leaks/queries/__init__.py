"""What is asked of the tables behind a step."""
