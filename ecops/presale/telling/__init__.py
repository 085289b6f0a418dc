"""How it is told: figures, findings, the deck, the command line."""
