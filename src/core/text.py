"""Text as people write it, in any script."""

import re
import unicodedata

# \w leaves out combining marks, without which Devanagari words fall apart
_MARKS = "".join(chr(c) for c in range(0x300, 0xE00) if unicodedata.category(chr(c)) in {"Mn", "Mc"})
WORD = re.compile(rf"[\w{_MARKS}]+")
LONGEST_WORD = 100  # an index takes no longer ones, and nobody searches for them
SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")


def words(text: str) -> list[str]:
    """The words of a text, folded for comparison: case and compatibility forms do not count, vowel signs do."""
    folded = unicodedata.normalize("NFKC", text).casefold()  # which can take apart what was composed
    found = WORD.findall(unicodedata.normalize("NFKC", folded))
    return [word[:LONGEST_WORD] for word in found]


def slugify(title: str) -> str:
    """A URL-safe name: ASCII words joined by hyphens; empty when the title has none."""
    ascii_only = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().lower()
    return "-".join(re.findall(r"[a-z0-9]+", ascii_only))[:100].strip("-")
