"""Captions as sentences."""

import io

import webvtt

from modules.assistant.domain.passages import Section, Sentence, sentences


def caption_sections(data: bytes) -> list[Section]:
    """Cues are joined to sentences; each begins at the second of its first cue."""
    cues = webvtt.from_buffer(io.StringIO(data.decode("utf-8", "replace"))).captions
    said, second, waiting = list[Sentence](), 0, ""
    for cue in cues:
        if not waiting:
            second = int(cue.start_in_seconds)
        waiting = f"{waiting} {' '.join(cue.text.split())}".strip()
        if waiting.endswith((".", "!", "?", "।")):
            said += [Sentence(one.text, second) for one in sentences(waiting)]
            waiting = ""
    said += [Sentence(one.text, second) for one in sentences(waiting)]
    return [Section("", tuple(said))] if said else []
