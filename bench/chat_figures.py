"""What the chat is measured in, and how its samples become numbers. Standard library only: two venvs import it."""

from typing import Any

Sample = dict[str, Any]
FILE = "chat.jsonl"
IDLE = "idle"
TEXT = "Is anybody there?"
SIZES = (300, 1000)
MODES: dict[str, tuple[object, ...]] = {
    "all": ("--senders", 1),
    "own": ("--senders", 4, "--ack", "own"),
    "paced": ("--rate", 4),
}
"""The next message is sent when all have the last, when its sender has it, or at its time."""


def deliveries(sample: Sample) -> float:
    """In a second."""
    return float(sample["deliveries_per_s"])


def per_cpu_second(sample: Sample) -> float:
    """Deliveries in a second of the server's CPU."""
    return float(sample["deliveries"]) / max(0.01, float(sample["cpu_s"]))


def cpu_us(sample: Sample) -> float:
    """The server's microseconds for a delivery."""
    return 1e6 / per_cpu_second(sample)
