"""Pure capacity decisions: snapshot + policy + now -> plan. Shared by the Lambdas and the simulator."""
