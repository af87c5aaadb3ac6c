"""Values and small protocols that every module shares. Imports nothing of ours and does no I/O."""
