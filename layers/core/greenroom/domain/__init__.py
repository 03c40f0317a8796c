"""The words of Greenroom as code: states, transitions, limits, errors.

Standard library only, no clock, no randomness, no I/O.
"""
