"""What may come: deposits until the window closes, balances paid, spot demand behind them."""
