"""The register: what was planned, looked at and decided, and the verdict of every test for the review."""
