"""The embedded AWS: ministack with its gaps mended, in a process of its own.

`process.EmbeddedAws` starts and stops it (development environment); `python -m greenroom_lab.engine` is what it starts
(engine environment: standard library and ministack only). `README.md` beside this file says what it can and cannot do.
"""
