"""When to order and how much: textbook formulas, the handbooks' rules, and what each rule would have delivered."""
