"""What is said of stock: findings, pictures, the section of the deck, the command line."""
