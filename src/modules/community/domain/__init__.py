"""Community's values and rules."""
