"""A class under stress, and what must be true of it afterwards. `make stress` runs it in large, tests/e2e in small."""
