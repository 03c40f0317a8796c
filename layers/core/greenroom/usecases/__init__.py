"""What Greenroom does, one module per action. Each function gets its ports, values and ids from its caller."""
