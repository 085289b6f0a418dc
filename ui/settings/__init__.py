"""The page of parameters, benchmarks, alert rules and the calendar; what is written is kept by `ecops`."""
