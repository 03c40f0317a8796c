"""What Greenroom does: one module per action. Each function takes ports, values, ids and the time."""
