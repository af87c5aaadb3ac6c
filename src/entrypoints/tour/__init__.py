"""The tour: what the app does against a running server, step by step."""
