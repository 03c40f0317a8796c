"""What IAM is asked, and on whose behalf: shared by the mends that hold callers to their policies."""
