"""Which orders stand: lines collapsed to orders, returns netted, and a ledger of what that changed."""
