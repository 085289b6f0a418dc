"""What to order today, how much and why; what to clear; which suppliers to trust."""
