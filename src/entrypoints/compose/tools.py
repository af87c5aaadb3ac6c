"""What most adapters are made with."""

from dataclasses import dataclass

from adapters.printing import Press
from adapters.sql.database import Database
from core.clock import Clock
from core.hub import Hub
from core.ids import Derivation, Randomness


@dataclass(frozen=True, slots=True)
class Tools:
    clock: Clock
    randomness: Randomness
    derivation: Derivation
    database: Database
    hub: Hub
    press: Press
