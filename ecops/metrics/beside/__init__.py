"""What a figure is held against: published benchmarks, last year, peers."""
