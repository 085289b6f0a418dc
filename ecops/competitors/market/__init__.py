"""The market around us: who holds it, who is seen in it, what it sells that we do not, what it searches for."""
