"""What an operator must hear of: a counter to alert on, and a line at level error. Ids only."""

import structlog
from prometheus_client import Counter

ALERTS = Counter("shala_alerts_total", "What needs a person", ["what"])
log = structlog.get_logger()


async def alert(what: str, **ids: int | str) -> None:
    """Count and log it; at least once."""
    ALERTS.labels(what).inc()
    log.error("alert", what=what, **ids)
