"""Demo data: a small world to try everything in, and large ones to measure with."""

from entrypoints.seeding.demo import seed_demo
from entrypoints.seeding.many import seed_many

__all__ = ["seed_demo", "seed_many"]
