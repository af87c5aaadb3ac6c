"""Text as people write it, in any script."""

import re
import unicodedata

# \w leaves out combining marks, without which Devanagari words fall apart
_MARKS = "".join(chr(c) for c in range(0x300, 0xE00) if unicodedata.category(chr(c)) in {"Mn", "Mc"})
WORD = re.compile(rf"[\w{_MARKS}]+")
LONGEST_WORD = 100  # an index takes no longer ones, and nobody searches for them
SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")


_JOINERS = "\u200c\u200d"
"""Of Devanagari letters: the only invisible characters that say something."""
_NUKTA = "\u093c"
_DEAD_NASAL = re.compile("[\u0919\u091e\u0923\u0928\u092e]\u094d")


def _folded(text: str) -> str:
    """Case and compatibility forms do not count, nor do spellings of Hindi that people take for the same: the nukta
    that most keyboards leave out, and a nasal written as a letter (हिन्दी), as anusvara (हिंदी) or as candrabindu.
    """
    folded = unicodedata.normalize("NFKC", text).casefold()  # which can take apart what was composed
    plain = unicodedata.normalize("NFKD", folded).replace(_NUKTA, "").replace("\u0901", "\u0902")
    return unicodedata.normalize("NFKC", _DEAD_NASAL.sub("\u0902", plain))


def words(text: str) -> list[str]:
    """The words of a text, folded for comparison; vowel signs count."""
    return [word[:LONGEST_WORD] for word in WORD.findall(_folded(text))]


def readable(text: str) -> str:
    """Without what nobody can see: control characters, marks that turn the direction, blanks without width."""
    return "".join(
        letter
        for letter in text
        if letter in _JOINERS or letter in "\n\t" or unicodedata.category(letter) not in {"Cc", "Cf", "Cs", "Co"}
    )


def slugify(title: str) -> str:
    """A URL-safe name: ASCII words joined by hyphens; empty when the title has none."""
    ascii_only = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().lower()
    return "-".join(re.findall(r"[a-z0-9]+", ascii_only))[:100].strip("-")
