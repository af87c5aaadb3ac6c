"""The file store of the contract tests, for commands that look at it."""

from contract.conftest import bucket, s3_endpoint

__all__ = ["bucket", "s3_endpoint"]
