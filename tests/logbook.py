"""The logs as an operator gets them, of a while."""

import io
import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import structlog
from msgspec.structs import replace

from entrypoints.logging import configure
from entrypoints.settings import Settings


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
        structlog.reset_defaults()
        root.handlers[:], root.level = before
