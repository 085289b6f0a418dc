"""What lies behind a step: searches, payments that failed, questions to service, page quality, carts left, paths."""
