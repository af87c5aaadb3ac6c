"""Password hashing by argon2-cffi, and the list of passwords that everybody tries first."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError, VerifyMismatchError

from core.errors import Unavailable

Result = TypeVar("Result")


class Argon2Passwords:
    """argon2id with at least OWASP's 46 MiB, one pass, one lane, in threads of its own: as many hashes at a time as
    `workers`, and a refusal rather than an endless queue when eight times as many wait.
    """

    def __init__(self, *, memory_kib: int = 47_104, passes: int = 1, workers: int = 2) -> None:
        self._hasher = PasswordHasher(time_cost=passes, memory_cost=memory_kib, parallelism=1)
        self._executor = ThreadPoolExecutor(workers, thread_name_prefix="argon2")
        self._places = asyncio.Semaphore(workers * 8)
        self._decoy = self._hasher.hash("a password that nobody has")

    async def hash(self, password: str) -> str:
        return await self._run(self._hasher.hash, password)

    async def verify(self, password: str, stored: str | None) -> bool:
        return await self._run(self._matches, password, stored)

    def is_outdated(self, stored: str) -> bool:
        return self._hasher.check_needs_rehash(stored)

    def _matches(self, password: str, stored: str | None) -> bool:
        try:
            self._hasher.verify(stored or self._decoy, password)
        except (VerifyMismatchError, VerificationError, InvalidHashError):
            return False
        return stored is not None

    async def _run(self, work: Callable[..., Result], *arguments: object) -> Result:
        if self._places.locked():
            raise Unavailable("Too many people log in at this moment.", retry_after=2)
        async with self._places:
            return await asyncio.get_running_loop().run_in_executor(self._executor, work, *arguments)


class CommonPasswordList:
    """The 10,000 commonest passwords that zxcvbn ships."""

    def is_common(self, password: str) -> bool:
        return password.lower() in _commonest()


@cache
def _commonest() -> frozenset[str]:
    # the import builds large dictionaries: only who registers pays for it
    from zxcvbn.frequency_lists import FREQUENCY_LISTS

    return frozenset(FREQUENCY_LISTS["passwords"][:10_000])
