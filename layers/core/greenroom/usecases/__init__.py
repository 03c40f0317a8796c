"""The use cases: what Greenroom does, one module for each action.

The caller of a function hands in everything that the function uses: ports (interfaces to the outside), values and ids.
"""
