"""What the embedded default completes, what it leaves alone, and the secrets it keeps."""

import os
from pathlib import Path
from typing import Any

import pytest

from entrypoints.keeping import replace_file
from entrypoints.settings import SettingsError, load

SECRETS = ("secret-key", "sandbox-key-secret", "sandbox-webhook-secret")


def embedded(directory: Path, **given: str) -> dict[str, str]:
    return {"SHALA_DATA_DIR": str(directory / "data"), **{f"SHALA_{name}": value for name, value in given.items()}}


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ({"SMTP_HOST": "mail.school.test"}, {"smtp_tls": "starttls"}),
        ({"SMTP_HOST": "mail.school.test", "SMTP_TLS": "starttls"}, {"smtp_tls": "starttls"}),
        ({"SMTP_HOST": "mail.school.test", "SMTP_TLS": "tls"}, {"smtp_tls": "tls"}),
        ({"LIMIT_REGISTER": "3"}, {"limit_register": 3}),
        ({"LOG_FORMAT": "json"}, {"log_format": "json"}),
        ({"PUBLIC_BASE_URL": "http://10.0.2.2:8000"}, {"public_base_url": "http://10.0.2.2:8000"}),
    ],
)
def test_what_is_given_is_not_overridden(tmp_path: Path, given: dict[str, str], kept: dict[str, Any]) -> None:
    settings = load(embedded(tmp_path, **given))

    assert {name: getattr(settings, name) for name in kept} == kept


def test_what_is_not_given_suits_one_process(tmp_path: Path) -> None:
    settings = load(embedded(tmp_path))

    assert (settings.smtp_tls, settings.limit_register, settings.log_format) == ("off", 1000, "console")
    assert settings.is_sqlite


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("127.0.0.1", "http://127.0.0.1:8000"),
        ("192.168.1.5", "http://192.168.1.5:8000"),
        ("localhost", "http://localhost:8000"),
        ("::1", "http://[::1]:8000"),
        ("0.0.0.0", "http://127.0.0.1:8000"),
        ("::", "http://[::1]:8000"),
        ("", "http://127.0.0.1:8000"),
    ],
)
def test_it_reaches_itself_where_it_listens(tmp_path: Path, host: str, url: str) -> None:
    settings = load(embedded(tmp_path, HOST=host))

    assert (settings.own_url, settings.public_base_url) == (url, url)


def test_its_secrets_are_its_own_and_stay(tmp_path: Path) -> None:
    first, again = load(embedded(tmp_path)), load(embedded(tmp_path))

    assert first == again
    assert sorted(path.name for path in (tmp_path / "data").iterdir()) == sorted(SECRETS)
    assert {oct((tmp_path / "data" / name).stat().st_mode & 0o777) for name in SECRETS} == {"0o600"}


@pytest.mark.parametrize("name", SECRETS)
@pytest.mark.parametrize("found", ["", "\n", "cut"])
def test_a_file_without_a_secret_is_refused_by_its_name(tmp_path: Path, name: str, found: str) -> None:
    load(embedded(tmp_path))
    file = tmp_path / "data" / name
    file.write_text(found)

    with pytest.raises(SettingsError, match=rf"{name} is empty or cut short: restore it, or delete it"):
        load(embedded(tmp_path))

    assert file.read_text() == found
    file.unlink()
    load(embedded(tmp_path))


def test_a_secret_that_could_not_be_written_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", broken)
        with pytest.raises(OSError, match="no space"):
            load(embedded(tmp_path))

    assert list((tmp_path / "data").iterdir()) == []
    assert len(load(embedded(tmp_path)).secret_key) == 64


def test_a_file_is_on_the_disk_before_it_has_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file, seen = tmp_path / "kept", []
    file.write_bytes(b"before")
    monkeypatch.setattr(os, "fsync", lambda handle: seen.append((os.fstat(handle).st_size, file.read_bytes())))

    replace_file(file, b"afterwards")

    assert seen == [(10, b"before")]
    assert file.read_bytes() == b"afterwards"
    assert list(tmp_path.iterdir()) == [file]


def broken(*_: object) -> None:
    raise OSError("no space left")


@pytest.mark.parametrize(
    ("given", "fault"),
    [
        ({"LLM_BASE_URL": "http://llm:8000/v1"}, "SHALA_LLM_BASE_URL and SHALA_LLM_MODEL go together."),
        ({"LLM_MODEL": "small"}, "SHALA_LLM_BASE_URL and SHALA_LLM_MODEL go together."),
        (
            {"ENV": "production", "LLM_BASE_URL": "http://llm:8000/v1", "LLM_MODEL": "small", "LLM_API_KEY": "sk"},
            "SHALA_LLM_BASE_URL must be https where SHALA_LLM_API_KEY is sent.",
        ),
        (
            {"ENV": "production", "LLM_BASE_URL": "https://sandbox/sandbox/openai/v1", "LLM_MODEL": "small"},
            "SHALA_LLM_BASE_URL must not be the sandbox in production.",
        ),
    ],
)
def test_a_language_model_is_set_up_whole_and_safely(tmp_path: Path, given: dict[str, str], fault: str) -> None:
    with pytest.raises(SettingsError) as refused:
        load(embedded(tmp_path, **given))

    assert fault in str(refused.value).splitlines()


def test_a_model_of_ones_own_network_needs_neither_key_nor_https(tmp_path: Path) -> None:
    given = {"ENV": "production", "LLM_BASE_URL": "http://llm:8000/v1", "LLM_MODEL": "small"}
    with pytest.raises(SettingsError) as refused:
        load(embedded(tmp_path, **given))

    assert "LLM" not in str(refused.value)
