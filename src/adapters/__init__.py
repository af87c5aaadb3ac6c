"""Implementations of the modules' ports, named technology + role. Constructed in entrypoints/compose/ only."""
