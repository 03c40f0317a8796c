"""Pure capacity decisions: each takes a snapshot of a pool and returns a plan. Used by Lambdas and by the simulator."""
