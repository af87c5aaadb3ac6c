"""Files: private media (local disk or S3) and public pictures."""
