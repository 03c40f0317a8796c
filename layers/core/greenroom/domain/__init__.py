"""Greenroom's rules as code: the states of sessions, slots and instances, the allowed changes of state, limits, errors.

Everything in this package is pure: it uses only the standard library, and reads no clock, no randomness, no network.
"""
