"""Marks as a list that a spreadsheet holds: the CSV that the report of a class gives can be sent back."""

import csv
import io

from core.errors import FieldFault, Invalid
from modules.attendance.marking import MOST_FAULTS, NamedMark

MOST_LINES = 5000
LONGEST = {"status": 20, "remarks": 500}
NAMES = ("email", "username")
FORMULA = ("=", "+", "-", "@")


def parse(text: str) -> list[NamedMark]:
    """The columns `email` or `username`, `status` and, if it is there, `remarks`; others are left alone.

    :raises Invalid: with the faulty lines, counted as a spreadsheet shows them.
    """
    reader = csv.DictReader(io.StringIO(text.lstrip("\ufeff"), newline=None), restval="")
    try:
        columns = [name.strip().lower() for name in reader.fieldnames or ()]
        name = next((one for one in NAMES if one in columns), None)
        if name is None or "status" not in columns:
            raise Invalid.field("file", "It needs a column `email` or `username`, and a column `status`.")
        reader.fieldnames = columns
        lines = [(reader.line_num, row) for row in reader]
    except csv.Error:
        raise Invalid.field("file", "Not a CSV.") from None
    if not 0 < len(lines) <= MOST_LINES:
        raise Invalid.field("file", f"1 to {MOST_LINES} lines below the heading.")
    faults, marks = list[FieldFault](), list[NamedMark]()
    for number, row in lines:
        said = {column: _plain(str(row.get(column) or "")) for column in (name, "status", "remarks")}
        if not said[name] or not said["status"]:
            faults.append(FieldFault(f"line {number}", f"Both {name} and status are needed."))
        elif any(len(said[column]) > most for column, most in LONGEST.items()):
            faults.append(FieldFault(f"line {number}", "Status up to 20, remarks up to 500 characters."))
        else:
            marks.append(NamedMark(number, said[name], said["status"].lower(), said["remarks"]))
    if faults:
        raise Invalid("Some lines cannot be read; none was taken.", faults=tuple(faults[:MOST_FAULTS]))
    return marks


def _plain(cell: str) -> str:
    """Without the apostrophe that our own lists put before what a spreadsheet would take for a formula."""
    said = cell.strip()
    return said[1:] if said[:1] == "'" and said[1:2] in FORMULA else said
