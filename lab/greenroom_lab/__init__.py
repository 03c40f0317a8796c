"""What runs Greenroom on one machine, and what proves it: never deployed."""
