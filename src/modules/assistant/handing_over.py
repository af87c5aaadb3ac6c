"""Handing what the lessons do not say over to the class."""

from dataclasses import dataclass

from core.actor import Actor
from core.clock import Clock
from core.errors import NotFound
from core.transaction import Begin
from modules.assistant.domain.conversations import NoGroup, NotStaff
from modules.assistant.events import DraftWanted
from modules.assistant.ports import Lessons, UnansweredStore


@dataclass(frozen=True, slots=True)
class HandingOver:
    begin: Begin[UnansweredStore]
    lessons: Lessons
    clock: Clock

    async def draft(self, actor: Actor, message_id: int) -> None:
        """Make the question a post in the course's community that waits to be edited and approved. A repeat makes no
        second one.

        :raises NotFound: :raises NotStaff: :raises NoGroup:
        """
        async with self.begin() as store:
            found = await store.unanswered(message_id)
        if found is None:
            raise NotFound
        sight = await self.lessons.sight(found.course_id, actor)
        if sight is None or not sight.is_staff:
            raise NotStaff
        async with self.begin() as store:
            found = await store.unanswered(message_id)
            if found is None or found.drafted_at is not None:
                return
            community_id = await store.group_of(found.course_id)
            if community_id is None:
                raise NoGroup
            await store.mark_drafted(message_id, self.clock.now())
            await store.emit(DraftWanted(community_id=community_id, actor_id=actor.user_id, message_id=message_id))
