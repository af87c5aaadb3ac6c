"""Figures as CSV."""

import csv
import io
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Annotated, Any, Literal, TypeAlias

from litestar import Response
from litestar.params import QueryParameter

from core.clock import INDIA
from core.errors import Invalid
from entrypoints.http.calls import Call, house

Format = Annotated[Literal["json", "csv"], QueryParameter(name="format", description="json or csv")]
First = Annotated[date | None, QueryParameter(name="from", description="The first day")]
Last = Annotated[date | None, QueryParameter(name="to", description="The last day; default: today")]
Table: TypeAlias = Response[Any]
CSV = "text/csv"
FIRST_YEAR, LAST_YEAR = 2000, 2100
FORMULA = ("=", "+", "-", "@", "\t", "\r")


def days_asked(request: Call, first: date | None, last: date | None, *, usual: int, most: int) -> tuple[date, date]:
    """The first and the last day in India, by the query or as usual. :raises Invalid: too many, or none."""
    until = last or house(request).clock.now().astimezone(INDIA).date()
    for name, day in (("from", first), ("to", until)):
        if day is not None and not FIRST_YEAR <= day.year <= LAST_YEAR:
            raise Invalid.field(name, f"Between {FIRST_YEAR} and {LAST_YEAR}.")
    since = first or until - timedelta(days=usual)
    if not timedelta() <= until - since <= timedelta(days=most):
        raise Invalid.field("from", f"At most {most} days before `to`, and not after it.")
    return since, until


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
