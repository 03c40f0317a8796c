"""Drives: small programs that take a platform through an evening, measure it, and end with one line of numbers."""
