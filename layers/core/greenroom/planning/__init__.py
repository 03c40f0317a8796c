"""Pure capacity decisions: from a snapshot of a pool follows a plan. Used by the Lambdas and by the simulator."""
