"""The ports: interfaces to what use cases need from outside. `aws/` implements them on AWS, the lab in memory.

A role is a Protocol that has one port (`HasSessions`). Each use case has a class `Ports`, which combines exactly the
roles that the use case and the functions it calls need; a test compares the class with the code. Every write is
conditional, and its docstring names the condition. When the condition does not hold, the write raises a domain error.
"""
