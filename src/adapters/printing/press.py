"""What all papers share: one thread at a time, and a font that has Latin and Devanagari."""

import asyncio
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal, ParamSpec

FONTS = {"": "figo", "B": "figbo"}  # FiraGO, by their names in pymupdf-fonts
FAMILY, PLAIN = "FiraGO", "Helvetica"
INK, ACCENT, PALE = (28, 33, 48), (36, 86, 214), (110, 118, 138)
Given = ParamSpec("Given")


class Press:
    """A page in the embedded font takes a fifth of a second in a thread, most of it to cut the font to what is used; a
    plain one, in a font that every reader has, a hundredth.
    """

    def __init__(self) -> None:
        self._turn = asyncio.Lock()
        self._fonts: Path | None = None

    async def run(self, make: Callable[Given, bytes], *given: Given.args, **named: Given.kwargs) -> bytes:
        """What `make` gives, made in a thread: one at a time."""
        async with self._turn:  # waited for here, and not in one of the threads that others need
            return await asyncio.to_thread(make, *given, **named)

    def page(self, orientation: Literal["P", "L"], words: str | None = None) -> Any:
        """An empty A4 page, in millimetres, whose `face` is the font: a plain one, if it has all of `words`."""
        import fpdf  # a tenth of what it takes to start a process, and few print

        page: Any = fpdf.FPDF(orientation=orientation, unit="mm", format="A4")
        page.face = PLAIN if words is not None and _is_latin(words) else FAMILY
        if page.face == FAMILY:
            for style in FONTS:
                page.add_font(FAMILY, style, self._font(style))
            page.set_text_shaping(True)  # without it the vowel signs of Devanagari stand in the wrong places
        page.set_auto_page_break(False)
        page.add_page()
        return page

    def _font(self, style: str) -> Path:
        """fpdf2 reads fonts from files only."""
        if self._fonts is None:
            from pymupdf_fonts import myfont  # half a second and two megabytes, which few processes need

            self._fonts = Path(tempfile.mkdtemp(prefix="shala-fonts-"))
            for name in FONTS.values():
                (self._fonts / f"{name}.ttf").write_bytes(myfont(name))
        return self._fonts / f"{FONTS[style]}.ttf"


def _is_latin(words: str) -> bool:
    """Whether the standard fonts of PDF have it all (ISO 8859-1)."""
    try:
        words.encode("latin-1")
    except UnicodeEncodeError:
        return False
    return True
