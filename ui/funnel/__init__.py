"""The page of steps and where people leave."""
