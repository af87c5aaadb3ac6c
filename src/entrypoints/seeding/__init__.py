"""Demo data: a small world to try everything in, and large ones to measure with."""

from entrypoints.seeding.demo import open_demo_accounts, seed_demo
from entrypoints.seeding.demo_world import ADMIN as DEMO_ADMIN
from entrypoints.seeding.demo_world import PASSWORD as DEMO_PASSWORD
from entrypoints.seeding.many import seed_many

__all__ = ["DEMO_ADMIN", "DEMO_PASSWORD", "open_demo_accounts", "seed_demo", "seed_many"]
