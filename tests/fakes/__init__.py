"""Worlds in memory to test on: what stands there, and what viewers, agents and machines do."""
