"""What a test is, and how many users and days it needs."""
