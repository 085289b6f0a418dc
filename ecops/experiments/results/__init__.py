"""Each metric of each arm against the control, what must be checked first, and the money at stake."""
