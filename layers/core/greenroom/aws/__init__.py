"""The ports of `greenroom.ports` on AWS. Only this package imports botocore."""
