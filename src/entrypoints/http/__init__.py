"""REST: one file per resource, its bodies beside it, and the edge that all requests pass."""
