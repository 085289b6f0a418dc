"""What is asked of the tables about rivals."""
