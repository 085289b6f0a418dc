"""Which of the rivals' products is ours? Pairs with a probability, a queue for people, and what people decided."""
