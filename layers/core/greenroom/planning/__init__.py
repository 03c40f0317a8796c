"""Pure capacity decisions: a snapshot of a pool goes in, a plan comes out. Shared by the Lambdas and the simulator."""
