"""What is said about rivals: findings, strengths and weaknesses, pictures, the deck, the command."""
