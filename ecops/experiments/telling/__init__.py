"""What came out of a test, in sentences, pictures and reports."""
