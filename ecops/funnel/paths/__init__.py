"""How far everybody got: chains of steps, whose they are, how long they took."""
