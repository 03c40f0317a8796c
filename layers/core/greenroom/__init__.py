"""Greenroom's core: what every Lambda of the control plane shares."""
