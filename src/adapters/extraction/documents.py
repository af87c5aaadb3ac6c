"""Documents as sections: PDF by pages, DOCX by headings. Of broken ones the libraries raise many kinds of errors."""

import io
import logging
import zipfile

import docx
import pypdf
from docx.table import Table
from docx.text.paragraph import Paragraph

from modules.assistant.domain.passages import Section, sentences

MOST_PAGES = 1_000
MOST_UNPACKED = 200 * 2**20
"""Of a DOCX, in bytes: what is larger unpacked was made to fill memories."""
HEADINGS = ("Heading", "Title")
logging.getLogger("pypdf").setLevel(logging.ERROR)  # it warns of each oddity of a file; we index what it can read


def pdf_sections(data: bytes) -> list[Section]:
    """Of its first thousand pages."""
    pages = pypdf.PdfReader(io.BytesIO(data)).pages
    texts = [(number, page.extract_text()) for number, page in enumerate(pages[:MOST_PAGES], 1)]
    # lines of a page are not sentences: they go on in the next line
    return [Section("", sentences(_joined(text)), number) for number, text in texts if text.strip()]


def docx_sections(data: bytes) -> list[Section]:
    """:raises ValueError: it is too large unpacked."""
    with zipfile.ZipFile(io.BytesIO(data)) as parts:
        if sum(part.file_size for part in parts.infolist()) > MOST_UNPACKED:
            raise ValueError("too large")
    document = docx.Document(io.BytesIO(data))
    found, heading, lines = list[Section](), "", list[str]()
    for block in document.iter_inner_content():
        if isinstance(block, Table):
            lines += [" ".join(cell.text for cell in row.cells) for row in block.rows]
        elif _is_heading(block):
            found.append(Section(heading, sentences("\n".join(lines))))
            heading, lines = block.text.strip(), []
        else:
            lines.append(block.text)
    found.append(Section(heading, sentences("\n".join(lines))))
    return [section for section in found if section.sentences or section.heading]


def _is_heading(paragraph: Paragraph) -> bool:
    style = paragraph.style.name if paragraph.style else ""
    return bool(style and style.startswith(HEADINGS) and paragraph.text.strip())


def _joined(page: str) -> str:
    """Its paragraphs, each in one line; a word that is divided at the end of a line is whole again."""
    paragraphs = page.replace("-\n", "").split("\n\n")
    return "\n".join(" ".join(paragraph.split("\n")) for paragraph in paragraphs)
