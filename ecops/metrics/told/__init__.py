"""What leads to the figures: questions of the business, and how complete the data is."""
