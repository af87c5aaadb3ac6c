"""Markdown as sections: one for each heading."""

import re

from markdown_it import MarkdownIt
from markdown_it.token import Token

from modules.assistant.domain.passages import Section, sentences

_PARSER = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])
CELLS = {"td_open", "th_open"}
_STRAY = re.compile(r"\*{2,}|(?<=\w)\*(?=[\s'’.,;:!?]|$)|(?:(?<=\s)|^)\*(?=\w)|(?<=[.!?])\*")
"""Marks that are no emphasis by CommonMark's rules, though somebody meant them so."""
ENDS_LINE = {"softbreak", "hardbreak"}


def markdown_sections(source: str) -> list[Section]:
    found, heading = list[Section](), ""
    lines, row = list[str](), list[str]()
    tokens = _PARSER.parse(source)
    for place, token in enumerate(tokens):
        if token.type == "inline":
            text = _plain(token)
            if tokens[place - 1].type == "heading_open":
                found.append(Section(heading, sentences("\n".join(lines))))
                heading, lines = text, []
            elif tokens[place - 1].type in CELLS:
                row.append(text)
            else:
                lines.append(text)
        elif token.type == "tr_close":
            lines.append(" – ".join(cell for cell in row if cell))
            row = []
        elif token.type in {"fence", "code_block"}:
            lines.append(token.content)
    found.append(Section(heading, sentences("\n".join(lines))))
    return [section for section in found if section.sentences or section.heading]


def _plain(token: Token) -> str:
    """Without marks; of a link its words."""
    text = "".join(
        " " if part.type in ENDS_LINE else part.content
        for part in token.children or ()
        if part.type in {"text", "code_inline", *ENDS_LINE}
    )
    return _STRAY.sub("", text)
