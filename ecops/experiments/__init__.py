"""A/B tests a manager can trust: from a file to ship, stop, keep running or not valid, with the money at stake."""
