"""How much will be asked for, and how far can that be wrong: levels, weekday and events, calibration, backtest."""
