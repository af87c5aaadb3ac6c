"""JSON that a client sent, as a Struct; what is wrong with it, in words for the client."""

import re
from typing import TypeVar

import msgspec

from core.errors import FieldFault, Invalid

Body = TypeVar("Body")
NUL = "\x00"
IN_WORDS = {  # what msgspec says in the words of programs
    r"Expected `str` matching regex '\\S'": "Not only blanks.",
    "Expected `str` matching regex '^https://": "An address that begins with https://, without blanks.",
    "Expected `str` matching regex": "Not written in the form that is asked for.",
    "Expected `datetime` with a timezone component": "A time with its zone, as 2025-12-15T10:30:00Z.",
}


class MalformedJson(Invalid):
    code = "malformed_json"
    detail = "This is not JSON as expected."


def decoded(raw: bytes | str, decoder: "msgspec.json.Decoder[Body]") -> Body:
    """:raises MalformedJson: it is no JSON. :raises Invalid: naming the faulty field by its dotted path."""
    try:
        return decoder.decode(raw)
    except msgspec.ValidationError as error:
        raise Invalid(faults=(fault(str(error)),)) from error
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        raise MalformedJson from error


def fault(said: str) -> FieldFault:
    """What msgspec said, taken apart: "Expected `int`, got `str` - at `$.community_id`"."""
    message, _, path = said.partition(" - at `")
    field = dotted(path.rstrip("`").removeprefix("$"))
    if unknown := re.search(r"unknown field `(\w+)`", message):
        return FieldFault(f"{field}.{unknown[1]}".lstrip("."), "Unknown field.")
    if missing := re.search(r"missing required field `(\w+)`", message):
        return FieldFault(f"{field}.{missing[1]}".lstrip("."), "Required.")
    words = next((words for said, words in IN_WORDS.items() if message.startswith(said)), message)
    return FieldFault(field or "body", words)


def dotted(key: str) -> str:
    """`.answers[0].id` → `answers.0.id`."""
    return re.sub(r"\[(\d+|\.\.\.)\]", r".\1", key).lstrip(".")


def demand_storable(text: str, field: str) -> None:
    """:raises Invalid: PostgreSQL stores no text with a NUL in it."""
    if NUL in text:
        raise Invalid.field(field, "A text has a NUL character in it, which cannot be stored.")
