"""Ways in: HTTP, workers, command line, sandbox; and what holds the house together: compose and reactions."""
