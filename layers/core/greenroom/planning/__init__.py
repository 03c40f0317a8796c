"""Pure capacity decisions for Lambdas and the simulator: each takes a snapshot of a pool and returns a plan."""
