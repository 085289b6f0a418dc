"""From a sheet of text to typed rows, and all that happened on the way."""
