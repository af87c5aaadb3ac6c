"""Figures as CSV."""

import csv
import io
from collections.abc import Iterable
from datetime import datetime
from typing import Annotated, Any, Literal, TypeAlias

from litestar import Response
from litestar.params import QueryParameter

Format = Annotated[Literal["json", "csv"], QueryParameter(name="format", description="json or csv")]
Table: TypeAlias = Response[Any]
CSV = "text/csv"
FORMULA = ("=", "+", "-", "@", "\t", "\r")


def csv_of(rows: Iterable[Iterable[Any]]) -> str:
    written = io.StringIO()
    csv.writer(written).writerows([_cell(value) for value in row] for row in rows)
    return written.getvalue()


def named(name: str) -> dict[str, str]:
    """The header that has a browser keep the answer as a file."""
    return {"Content-Disposition": f'attachment; filename="{name}.csv"'}


def _cell(value: Any) -> Any:
    """Spreadsheets run what begins like a formula: people choose their own names."""
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, dict):
        return " ".join(f"{key}:{one}" for key, one in value.items())
    return f"'{value}" if isinstance(value, str) and value.startswith(FORMULA) else value
