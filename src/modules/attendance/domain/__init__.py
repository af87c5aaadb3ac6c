"""The rules of attendance: pure values, no I/O."""
