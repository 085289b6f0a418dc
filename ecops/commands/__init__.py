"""The command line: one module a subject; the capabilities bring their own."""
