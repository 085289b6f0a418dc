"""Which report a sheet is, how sure we are, what its columns are, and what has to be asked."""
