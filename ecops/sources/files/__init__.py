"""Whatever comes in as bytes, without trust, to one sheet of UTF-8 text."""
