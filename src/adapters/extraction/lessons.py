"""What a content says, in sections, whichever kind it is of."""

import asyncio
from collections.abc import Callable
from typing import Protocol

import structlog

from adapters.extraction.markdown import markdown_sections
from modules.assistant.domain.passages import Section
from modules.assistant.ports import Source

LARGEST = 64 * 2**20
PDF = "application/pdf"
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
log = structlog.get_logger()


class Files(Protocol):
    async def contents(self, ref: str, most: int) -> bytes | None: ...


class LessonTexts:
    """Files are read in a thread, one at a time: a large PDF takes seconds."""

    def __init__(self, files: Files) -> None:
        self._files = files
        self._turn = asyncio.Lock()

    async def sections(self, source: Source) -> list[Section]:
        found = await asyncio.to_thread(markdown_sections, source.text) if source.text else []
        if source.document_ref is not None:
            found += await self._document(source.document_ref, source.mime_type or "")
        for ref in source.caption_refs:
            found += await self._read(ref, _captions)
        return found

    async def _document(self, ref: str, mime_type: str) -> list[Section]:
        readers: dict[str, Callable[[bytes], list[Section]]] = {PDF: _pdf, DOCX: _docx}
        reader = readers.get(mime_type, _text if mime_type.startswith("text/") else None)
        return [] if reader is None else await self._read(ref, reader)

    async def _read(self, ref: str, reader: Callable[[bytes], list[Section]]) -> list[Section]:
        data = await self._files.contents(ref, LARGEST)
        if data is None:
            return []
        try:
            async with self._turn:
                return await asyncio.to_thread(reader, data)
        except Exception:  # four libraries raise what they like; the lesson can be read all the same, only not searched
            log.warning("document_not_indexed", ref=ref, exc_info=True)
            return []


def _text(data: bytes) -> list[Section]:
    return markdown_sections(data.decode("utf-8", "replace"))


def _pdf(data: bytes) -> list[Section]:
    from adapters.extraction.documents import pdf_sections  # its libraries are for workers only

    return pdf_sections(data)


def _docx(data: bytes) -> list[Section]:
    from adapters.extraction.documents import docx_sections  # the same

    return docx_sections(data)


def _captions(data: bytes) -> list[Section]:
    from adapters.extraction.captions import caption_sections  # the same

    return caption_sections(data)
