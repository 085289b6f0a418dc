"""Branches of the shop's sales with goals of their own: new and returning customers, categories, products."""
