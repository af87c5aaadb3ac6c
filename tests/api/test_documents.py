"""The generated pages are those that the application would generate; docs/authorisation.md has its own test."""

import re
from pathlib import Path
from typing import Any

import yaml

import documents
from core.errors import Conflict
from entrypoints.http.problems import STATUSES
from entrypoints.ws import incoming, outgoing


def test_the_error_page_is_current() -> None:
    assert (documents.DOCS / "errors.md").read_text() == documents.errors(), "make docs"


def test_the_settings_page_is_current() -> None:
    assert (documents.DOCS / "settings.md").read_text() == documents.settings(), "make docs"


def test_the_sockets_document_is_current() -> None:
    assert (documents.DOCS / "asyncapi.yaml").read_text() == documents.asyncapi(), "make docs"


def test_the_sockets_document_is_whole() -> None:
    """Whatever it refers to is in it, and every frame of both sides has a message."""
    document = yaml.safe_load(documents.asyncapi())
    assert (document["asyncapi"], set(document["channels"])) == ("3.0.0", {"chat", "notifications"})
    references = re.findall(r"\$ref: '?(#/[\w/]+)", documents.asyncapi())
    assert len(references) > 80
    for reference in references:
        found = document
        for part in reference.removeprefix("#/").split("/"):
            found = found[part]
    named = {message["name"] for message in document["components"]["messages"].values()}
    for kinds in (incoming.Said, outgoing.Told):
        assert {kind.__struct_config__.tag for kind in subclasses(kinds)} <= named
    assert [name for name, message in document["components"]["messages"].items() if not message["summary"]] == []


def subclasses(kind: Any) -> list[Any]:
    return [found for one in kind.__subclasses__() for found in (one, *subclasses(one))]


def test_a_code_has_one_status_and_a_detail() -> None:
    """Apps decide by the code alone."""
    rows = re.findall(r"^\| (\d+) \| `(\w+)` \| (.+) \| (.+) \|$", documents.errors(), re.MULTILINE)
    assert len(rows) > 30
    statuses: dict[str, set[str]] = {}
    for status, code, _, detail in rows:
        statuses.setdefault(code, set()).add(status)
        assert detail.endswith((".", "…")), code
    assert {code: found for code, found in statuses.items() if len(found) > 1} == {}


def test_every_kind_of_refusal_has_a_status() -> None:
    assert not [kind for kind in documents.kinds() if not issubclass(kind, tuple(STATUSES))]


def test_a_new_error_changes_the_page(monkeypatch) -> None:
    class Odd(Conflict):
        code = "odd"
        detail = "This is odd."

    before = documents.errors()
    monkeypatch.setattr(Odd, "__module__", "modules.odd")
    assert documents.errors() != before
    assert "| 409 | `odd` | Conflict | This is odd. |" in documents.errors()


def test_writing_says_what_changed(tmp_path: Path) -> None:
    pages = {"a.md": "one\n", "b.md": "two\n"}
    assert documents.write(pages, tmp_path) == ["a.md", "b.md"]
    assert documents.write({**pages, "b.md": "three\n"}, tmp_path) == ["b.md"]
    assert (tmp_path / "b.md").read_text() == "three\n"
