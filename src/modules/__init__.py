"""The domain. Modules import `core` and themselves, never one another, and do no I/O."""
