"""The page of parameters, benchmarks, alert rules, the calendar and permissions; what is written is kept by `ecops`."""
