"""The words of lessons: Markdown by markdown-it-py, PDF by pypdf, DOCX by python-docx, captions by webvtt-py."""

from adapters.extraction.lessons import LessonTexts

__all__ = ["LessonTexts"]
