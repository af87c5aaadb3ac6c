"""Captions of videos as WebVTT (https://www.w3.org/TR/webvtt1/)."""

import re

from core.errors import FieldFault

MOST_BYTES = 2**20
VTT = "text/vtt"
_TIME = r"(?:(\d{2,4}):)?([0-5]\d):([0-5]\d)\.(\d{3})"
_TIMING = re.compile(rf"{_TIME}[ \t]+-->[ \t]+{_TIME}(?:[ \t].*)?")
_LINE_END = re.compile(r"\r\n|\r|\n")


def caption_faults(text: str) -> list[FieldFault]:
    """What keeps a player from showing them, by line, as `file.12` (the first twenty)."""
    lines = _LINE_END.split(text.removeprefix("\ufeff"))
    if not re.fullmatch(r"WEBVTT(?:[ \t].*)?", lines[0]):
        return [FieldFault("file.1", "The first line must be WEBVTT.")]
    faults, cues, last = list[FieldFault](), 0, 0
    for number, line in enumerate(lines, 1):
        if "-->" not in line:
            continue
        cues += 1
        found = _TIMING.fullmatch(line.strip())
        if found is None:
            faults.append(FieldFault(f"file.{number}", "Times are written as 00:01.000 --> 00:04.500."))
            continue
        start, end = _milliseconds(*found.groups()[:4]), _milliseconds(*found.groups()[4:])
        if end <= start:
            faults.append(FieldFault(f"file.{number}", "It ends before it begins."))
        elif start < last:
            faults.append(FieldFault(f"file.{number}", "It begins before the one above."))
        last = max(last, start)
    if not cues:
        faults.append(FieldFault("file", "There is no caption in it."))
    return faults[:20]


def _milliseconds(hours: str | None, minutes: str, seconds: str, thousandths: str) -> int:
    return ((int(hours or 0) * 60 + int(minutes)) * 60 + int(seconds)) * 1000 + int(thousandths)
