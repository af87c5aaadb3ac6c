"""Files that a process keeps for itself: whole whenever the machine stops, and for its own user only."""

import json
import os
import secrets
import tempfile
from pathlib import Path

SHORTEST_SECRET = 32


class NoSecret(Exception):
    """The file that should hold a secret holds none; the message says what to do."""


def replace_file(path: Path, data: bytes) -> None:
    """The file holds `data`, or still what it held before if this fails or the machine stops meanwhile."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f"{path.name}-", suffix=".part")  # with mode 0600
    partial = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())  # before the rename: a name must never lead to bytes that are not on the disk
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def kept_secret(path: Path) -> str:
    """The secret in the file; where there is no file, a new one is made.

    :raises NoSecret: the file is empty or cut short. It is not replaced: what it held may lie in a backup.
    """
    if not path.exists():
        replace_file(path, secrets.token_urlsafe(48).encode())
    secret = path.read_text()
    if len(secret.strip()) < SHORTEST_SECRET:
        raise NoSecret(f"{path.resolve()} is empty or cut short: restore it, or delete it to have a new one made.")
    return secret


def kept_account(path: Path, sandbox_url: str) -> dict[str, str]:
    """The service account in the file, whose tokens are had at the sandbox; where there is no file, a new one is made.

    :raises NoSecret: the file holds none.
    """
    from entrypoints.sandbox.fcm_account import TOKEN_PATH, service_account

    try:
        account: dict[str, str] = json.loads(path.read_bytes()) if path.exists() else service_account(sandbox_url)
        known = {**account, "token_uri": f"{sandbox_url}{TOKEN_PATH}"}  # it may be served elsewhere today
    except (ValueError, TypeError):
        raise NoSecret(f"{path.resolve()} is no service account: delete it to have a new one made.") from None
    if not path.exists() or known != account:
        path.parent.mkdir(parents=True, exist_ok=True)
        replace_file(path, json.dumps(known, indent=2).encode())
    return known
