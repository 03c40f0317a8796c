"""All ports in memory, for tests and for simulated worlds; they pass the contract suite of the adapters."""
