"""Do customers come back: cohorts, repeat purchases, churn."""
