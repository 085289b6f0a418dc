"""The page of loads: files that come in, questions about them, receipts."""
