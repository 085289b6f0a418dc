"""What a funnel says, in sentences and pictures."""
