"""From raw samples to the numbers of the report: medians, ranges, ratios within a round."""

import statistics
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

Sample = dict[str, Any]


@dataclass(frozen=True)
class Spread:
    median: float
    low: float
    high: float

    @classmethod
    def of(cls, values: list[float]) -> "Spread":
        return cls(statistics.median(values), min(values), max(values))


def rate(sample: Sample) -> float:
    return float(sample["rps"])


def cpu_ms(sample: Sample) -> float:
    """Of the server's processes, for one request."""
    return 1000 * float(sample["server_cpu"]) / rate(sample)


@dataclass(frozen=True)
class Figures:
    """`samples` of one run, without failures."""

    samples: list[Sample]

    def of(self, what: str, server: str) -> list[Sample]:
        found = [s for s in self.samples if s["what"] == what and s["server"] == server]
        return sorted(found, key=lambda sample: int(sample["round"]))

    def spread(self, what: str, server: str, value: Callable[[Sample], float]) -> Spread:
        return Spread.of([value(sample) for sample in self.of(what, server)])

    def median(self, what: str, server: str, name: str) -> float:
        return statistics.median(float(sample[name]) for sample in self.of(what, server))

    def ratio(self, what: str, server: str, other: str, value: Callable[[Sample], float]) -> Spread:
        """`server` by `other`, taken within each round, where the machine was the same for both."""
        pairs = zip(self.of(what, server), self.of(what, other), strict=True)
        return Spread.of([value(one) / value(two) for one, two in pairs])

    def calibration(self) -> Spread:
        return Spread.of([float(sample["calib_ms"]) for sample in self.samples])

    def disturbance(self) -> float:
        """The largest share of core 0 that something else than the server took, of the samples under load."""
        return max(float(s["foreign_core0"]) for s in self.samples if s.get("conns") != 1 and "foreign_core0" in s)
