"""Who may change a course, and that nobody else does so meanwhile."""

from typing import Protocol

from core.actor import Actor
from core.errors import NotFound, VersionConflict
from modules.learning.domain.catalogue import Content, Course, NotStaff


class KnowsStaff(Protocol):
    async def is_staff(self, actor: Actor, course_id: int) -> bool: ...

    async def course(self, course_id: int, *, lock: bool = False) -> Course | None: ...


class KnowsContents(KnowsStaff, Protocol):
    async def content(self, content_id: int) -> Content | None: ...


async def demand_content(store: KnowsContents, actor: Actor, content_id: int) -> Content:
    """The content as it is while its course is locked: it may have changed while the lock was waited for.

    :raises NotFound: :raises NotStaff:
    """
    content = await store.content(content_id)
    if content is None:
        raise NotFound
    await demand_staff(store, actor, content.course_id)
    content = await store.content(content_id)
    if content is None:
        raise NotFound
    return content


async def demand_staff(store: KnowsStaff, actor: Actor, course_id: int) -> Course:
    """The course, locked until the transaction's end.

    :raises NotFound: :raises NotStaff:
    """
    course = await store.course(course_id, lock=True)
    if course is None:
        raise NotFound
    if not await store.is_staff(actor, course_id):
        raise NotStaff
    return course


def demand_same_version(current: int, expected: int | None) -> None:
    """:raises VersionConflict: somebody changed it since the caller read it."""
    if expected is not None and expected != current:
        raise VersionConflict
