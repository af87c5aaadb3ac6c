"""Redis: wake-ups through SAQ, and shared rate limits. Losing it costs latency, nothing else."""
