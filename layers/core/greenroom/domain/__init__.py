"""The domain of Greenroom as code: states and their transitions, limits, errors.

Everything here is pure: standard library only, no clock, no randomness, no I/O.
"""
