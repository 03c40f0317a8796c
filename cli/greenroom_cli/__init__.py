"""The `greenroom` command, for operators. It calls AWS and deployed functions, and imports none of their code."""
