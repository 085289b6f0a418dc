"""What to order today and what to clear, product by product, with the reason in a sentence."""
