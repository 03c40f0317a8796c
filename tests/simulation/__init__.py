"""Whole seeded histories of the real use cases on the in-memory ports, with faults."""
