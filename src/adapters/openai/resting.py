"""Leaving an endpoint alone that fails, so that nobody waits for it in vain."""

import time

PATIENCE = 3
"""Failures in a row."""
REST_S, LONGEST_REST_S = 30.0, 300.0


class Resting:
    def __init__(self) -> None:
        self._failures = 0
        self._until = 0.0

    def is_resting(self) -> bool:
        return time.monotonic() < self._until

    def succeeded(self) -> None:
        self._failures = 0

    def failed(self, retry_after_s: float | None) -> None:
        """One that says when to come back is believed at once; after a rest, one failure more makes another. What
        fails while it rests makes no rest shorter.
        """
        self._failures += 1
        rest_s = min(retry_after_s or 0.0, LONGEST_REST_S)
        if self._failures >= PATIENCE:
            rest_s = max(rest_s, REST_S)
        self._until = max(self._until, time.monotonic() + rest_s)
