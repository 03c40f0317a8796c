"""What Greenroom does, one module per verb phrase; each function takes ports, values, ids and `now`."""
