"""The chat as one device holds it: what an app keeps on disk, and the rules by which it applies what it is told."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from stress.ledger import Ledger, Row

Frame = dict[str, Any]
DURABLE = {"chat_message", "message_updated", "message_deleted"}


@dataclass
class History:
    """`position`: all changes up to this number are in it. `at`: how far this connection has told, None before it says.

    The two differ while the device catches up after it has come back; then they are one.
    """

    ledger: Ledger
    name: str
    position: int = 0
    epoch: str | None = None
    rows: dict[int, Row] = field(default_factory=dict)
    seqs: dict[int, int] = field(default_factory=dict)
    """By message: the number of its sending. A tombstone of a message that it never saw has none."""
    at: int | None = None
    is_whole: bool = False
    is_loading: bool = False

    def connected(self) -> None:
        self.at, self.is_whole, self.is_loading = None, False, False

    def welcomed(self, frame: Frame) -> None:
        self.at = frame["seq"]
        self.epoch = self.epoch or frame["epoch"]

    def live(self, frame: Frame) -> None:
        """A change as it happens: it must be the next one. What comes before the welcome is in what is resumed."""
        seq = frame["seq"]
        if self.at is None:
            return
        if seq != self.at + 1:
            self.ledger.fault(f"{self.name} was told {seq} ({frame['type']}) after {self.at}")
        self.at = seq
        self.ledger.change(seq, frame["message_id"], frame["version"])
        self._apply(frame)
        if self.is_whole:
            self.position = seq

    def resumed(self, frame: Frame) -> None:
        for event in frame["events"]:
            self._apply(event)
        self.at = max(self.at or 0, frame["seq"])
        # a summary for the whole class is no answer to a hello from further back
        if not self.is_loading and self.position >= frame["since"]:
            self._becomes_whole(frame["epoch"])

    def must_load(self, frame: Frame) -> None:
        """Too much was missed: until `loaded`, what it holds has holes."""
        self.at, self.is_whole, self.is_loading = max(self.at or 0, frame["seq"]), False, True

    def loaded(self, pages: Iterable[Frame], epoch: str) -> None:
        """All pages, as REST gives them."""
        for message in pages:
            self._keep(message["id"], row_of(message))
            self.seqs[message["id"]] = message["seq"]
        self.is_loading = False
        self._becomes_whole(epoch)

    def _becomes_whole(self, epoch: str) -> None:
        self.is_whole, self.position, self.epoch = True, self.at or 0, epoch

    def _apply(self, event: Frame) -> None:
        is_deleted = event["type"] == "message_deleted"
        row = Row("" if is_deleted else event["message"], is_deleted, event["version"])
        self._keep(event["message_id"], row)
        if event["type"] == "chat_message":
            self.seqs[event["message_id"]] = event["seq"]

    def _keep(self, message_id: int, row: Row) -> None:
        """The later version stays: what comes from pages may be ahead of what is told, or behind."""
        row = self.ledger.row(message_id, row)
        known = self.rows.get(message_id)
        if known is None or known.version < row.version:
            self.rows[message_id] = row


def row_of(message: Frame) -> Row:
    """A message as REST shows it."""
    return Row(message["message"], message["is_deleted"], message["version"])
