"""What to do about it: how many to order, whether to produce at all, which capacity to lock."""
