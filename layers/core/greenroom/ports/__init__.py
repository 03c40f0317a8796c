"""The ports: what use cases need from the outside world. `aws/` implements them on AWS, the lab in memory.

A role is a Protocol with one port (`HasSessions`). A use case's `Ports` names exactly the roles that it and the
functions it calls use; a test compares them with the code. Every write is conditional, and its docstring says on what.
When the condition does not hold, the write raises a domain error.
"""
