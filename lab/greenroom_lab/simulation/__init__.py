"""Simulated worlds: histories with faults over the real use cases, and what must hold in each."""
