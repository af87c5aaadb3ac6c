"""Structured logs: JSON lines for machines, colours for people. No personal data, no bodies, no secrets."""

import logging
import sys
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any

import msgspec
import structlog

from entrypoints.settings import Settings

LEVELS = {"debug": 10, "info": 20, "warning": 30, "error": 40}
# libraries that log addresses, mail contents or job arguments at these levels
QUIET = (
    "alembic",
    "httpx",
    "httpcore",
    "saq",
    "mail.log",
    "aiosmtpd",
    "razorpay",
    "urllib3",
    "aiosqlite",
    "PIL",
    "asyncio",
    "fontTools",
    "fpdf",
)


REQUEST_ID: ContextVar[str] = ContextVar("request_id")
"""Of the request that is served here; it stands in each of its lines."""
LEVEL_OF = {"exception": "error", "warn": "warning"}


def _stamped(_: Any, method: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
    """Level, time and request: in one step, for every request writes a line."""
    event["level"] = LEVEL_OF.get(method, method)
    event["timestamp"] = datetime.now(UTC).isoformat(timespec="microseconds")[:-6] + "Z"
    request_id = REQUEST_ID.get("")
    if request_id:
        event["request_id"] = request_id
    return event


def _json(event: structlog.typing.EventDict, **options: Any) -> str:
    return msgspec.json.encode(event, enc_hook=options.get("default")).decode()


def configure(settings: Settings) -> None:
    """Set up structlog, and have the libraries' own logs come out through it from warnings on."""
    level = LEVELS[settings.log_level]
    is_json = settings.log_format == "json"
    # the locals of a frame hold tokens and passwords
    traces = structlog.tracebacks.ExceptionDictTransformer(show_locals=False)
    last: list[structlog.typing.Processor] = (
        [structlog.processors.ExceptionRenderer(traces), structlog.processors.JSONRenderer(serializer=_json)]
        if is_json
        else [
            structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback)
        ]
    )
    structlog.configure(
        processors=[_stamped, *last],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.WriteLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[_stamped],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *last],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(max(level, logging.INFO))
    logging.getLogger("uvicorn.error").addFilter(_is_not_about_a_socket)
    for name in QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)


def _is_not_about_a_socket(record: logging.LogRecord) -> bool:
    """Its lines about a socket hold the whole address, where a token may stand; each socket is logged by ourselves."""
    said = str(record.msg)
    return "WebSocket" not in said and not said.startswith("connection ")
