"""The parts of the customer page."""
