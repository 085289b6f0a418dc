"""Questions the weekly review asks, one file each."""
