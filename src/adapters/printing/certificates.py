"""Certificates to print: A4 across, with a QR code by segno."""

import functools
from typing import Any

import segno

from adapters.printing.press import ACCENT, INK, PALE, Press
from modules.learning.domain.certificates import Certificate

WIDTH, HEIGHT, MARGIN, QR = 297, 210, 14, 34  # millimetres
KEPT = 64


class PdfCertificates:
    def __init__(self, press: Press) -> None:
        self._press = press
        self._made = functools.lru_cache(maxsize=KEPT)(self._make)

    async def pdf(self, certificate: Certificate, address: str) -> bytes:
        return await self._press.run(self._made, certificate, address)

    def _make(self, certificate: Certificate, address: str) -> bytes:
        page = self._press.page("L")
        page.set_draw_color(*ACCENT)
        page.set_line_width(1.2)
        page.rect(MARGIN, MARGIN, WIDTH - 2 * MARGIN, HEIGHT - 2 * MARGIN)
        _words(page, certificate, address)
        _code(page, address)
        return bytes(page.output())


def _words(page: Any, certificate: Certificate, address: str) -> None:
    page.set_title(f"Certificate {certificate.number}")
    page.set_creation_date(certificate.issued_at)  # the same file each time
    _line(page, 40, "Certificate of completion", 15, PALE)
    _line(page, 60, certificate.student_name, 34, INK, style="B")
    _line(page, 86, "has completed the course", 15, PALE)
    _line(page, 100, certificate.course_title, 24, ACCENT, style="B")
    score = "" if certificate.score is None else f" · score {certificate.score:g} %"
    _line(page, 128, f"on {certificate.completed_at:%d %B %Y}{score}", 15, INK)
    page.set_xy(MARGIN + 8, HEIGHT - MARGIN - 22)
    page.set_font(page.face, "", 11)
    page.set_text_color(*PALE)
    told = f"Number {certificate.number}, issued on {certificate.issued_at:%d %B %Y}\nCheck it at {address}"
    page.multi_cell(WIDTH - 2 * MARGIN - QR - 24, 6, told, align="L")
    if certificate.revoked_at is not None:
        _line(page, 150, f"REVOKED on {certificate.revoked_at:%d %B %Y}", 20, (190, 30, 30), style="B")


def _line(page: Any, top: float, text: str, size: float, colour: tuple[int, int, int], *, style: str = "") -> None:
    """Centred; what is too long for a line is set smaller."""
    page.set_font(page.face, style, size)
    room = WIDTH - 2 * MARGIN - 20
    if (width := page.get_string_width(text)) > room:
        page.set_font_size(max(8, size * room / width))
    page.set_text_color(*colour)
    page.set_xy(MARGIN + 10, top)
    page.cell(room, 14, text, align="C")


def _code(page: Any, address: str) -> None:
    rows = list(segno.make(address, error="m").matrix)
    side = QR / len(rows)
    left, top = WIDTH - MARGIN - QR - 8, HEIGHT - MARGIN - QR - 8
    page.set_fill_color(*INK)
    for y, row in enumerate(rows):
        for x, is_dark in enumerate(row):
            if is_dark:
                page.rect(left + x * side, top + y * side, side, side, style="F")
