"""Mends of rights: what a role may do, by resource and condition key, and who is held to it."""
