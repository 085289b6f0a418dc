"""What is left of sales: unit costs of the day, and the rates of platform, freight and promotion."""
