"""What the use cases need from the world, by role: on AWS in `aws/`, in memory in the lab.

A role is a Protocol with one port (`HasSessions`). A use case's `Ports` names the roles that it and its callees use,
no more: a test compares them with its code. Every write is conditional, and its docstring says on what;
a lost condition raises a domain error.
"""
