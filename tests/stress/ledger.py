"""What all devices together have seen: counts, and every contradiction between what any two of them were told."""

from collections import Counter
from dataclasses import dataclass, field
from typing import NamedTuple

MOST_SHOWN = 20


class Row(NamedTuple):
    """A message in one of its versions. Its text is gone with its deletion."""

    text: str
    is_deleted: bool
    version: int


@dataclass
class Ledger:
    counts: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)
    slowest_catch_up: float = 0.0
    acknowledged: dict[str, tuple[int, int]] = field(default_factory=dict)
    """By client_id: a message's id, and the number of the change."""
    _rows: dict[tuple[int, int], Row] = field(default_factory=dict)
    _changes: dict[int, tuple[int, int]] = field(default_factory=dict)

    def fault(self, text: str) -> None:
        self.counts["faults"] += 1
        if len(self.faults) < MOST_SHOWN:
            self.faults.append(text)

    def row(self, message_id: int, row: Row) -> Row:
        """The same object for everybody who was told the same; a version that has two texts is a fault."""
        known = self._rows.setdefault((message_id, row.version), row)
        if known != row:
            self.fault(f"message {message_id} was told as {known} and as {row}")
        return known

    def change(self, seq: int, message_id: int, version: int) -> None:
        """A change was told live with this number, which belongs to no other."""
        known = self._changes.setdefault(seq, (message_id, version))
        if known != (message_id, version):
            self.fault(f"change {seq} is of {known} and of {(message_id, version)}")

    def acknowledge(self, client_id: str, message_id: int, seq: int) -> None:
        """A message was said to be sent; if it is said again, then of the same one."""
        known = self.acknowledged.setdefault(client_id, (message_id, seq))
        if known != (message_id, seq):
            self.fault(f"{client_id} was acknowledged as {known} and as {(message_id, seq)}")

    def caught_up(self, seconds: float) -> None:
        self.slowest_catch_up = max(self.slowest_catch_up, seconds)
