"""The file store of the contract tests, for commands that look at it; and logging as it was before each command."""

import logging
from collections.abc import Iterator
from typing import Any

import pytest
import structlog

from contract.conftest import bucket, s3_endpoint
from logbook import log_as_tests_do

__all__ = ["bucket", "s3_endpoint"]


@pytest.fixture(autouse=True)
def logging_as_before(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A command sets logging up for the rest of its process, and loggers keep what they were first used with."""
    configure, root = structlog.configure, logging.getLogger()
    before = root.handlers[:], root.level

    def configure_for_now(**settings: Any) -> None:
        configure(**{**settings, "cache_logger_on_first_use": False})

    monkeypatch.setattr(structlog, "configure", configure_for_now)
    yield
    log_as_tests_do()
    root.handlers[:], root.level = before
