"""The generated pages are those that the application would generate; docs/authorisation.md has its own test."""

import re
from pathlib import Path

import documents
from core.errors import Conflict
from entrypoints.http.problems import STATUSES


def test_the_error_page_is_current() -> None:
    assert (documents.DOCS / "errors.md").read_text() == documents.errors(), "make docs"


def test_the_settings_page_is_current() -> None:
    assert (documents.DOCS / "settings.md").read_text() == documents.settings(), "make docs"


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
