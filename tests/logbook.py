"""The logs as an operator gets them, of a while; and as tests get them, the rest of the time."""

import io
import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import structlog
from msgspec.structs import replace

from entrypoints.logging import configure
from entrypoints.settings import Settings


def log_as_tests_do() -> None:
    """From warnings on, and tracebacks without a drawing of every frame's variables, which takes up to a second."""
    plain = structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback)
    structlog.reset_defaults()
    structlog.configure(
        processors=[structlog.processors.add_log_level, structlog.dev.set_exc_info, plain],
        wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING),
        cache_logger_on_first_use=False,
    )


@contextmanager
def logbook(settings: Settings, log_format: str = "json") -> Iterator[io.StringIO]:
    """What our own logging setup writes within the block, and the libraries' logs through it."""
    root, written, stderr = logging.getLogger(), io.StringIO(), sys.stderr
    before = root.handlers[:], root.level
    sys.stderr = written
    try:
        configure(replace(settings, log_format=log_format))
        structlog.configure(cache_logger_on_first_use=False)  # loggers outlive the block
        yield written
    finally:
        sys.stderr = stderr
        log_as_tests_do()
        root.handlers[:], root.level = before
