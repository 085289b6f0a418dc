"""Which products to take, to push, to price and to drop."""
