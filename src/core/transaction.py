"""The transaction as a dependency: `async with self.begin() as store:`.

Leaving the block commits, an exception rolls back. Nothing outside the database is called inside it.
"""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import TypeAlias, TypeVar

Store = TypeVar("Store")
Begin: TypeAlias = Callable[[], AbstractAsyncContextManager[Store]]
