"""What students do in a class: check in by its code, and be there."""

from dataclasses import dataclass

from msgspec.structs import replace

from core.actor import Actor
from core.clock import Clock
from core.hub import Hub
from core.transaction import Begin
from modules.attendance.admission import demand_place
from modules.attendance.domain.codes import WrongCode, is_shown
from modules.attendance.domain.records import Record, revised, seen, with_verdict
from modules.attendance.domain.sessions import demand_check_in, found
from modules.attendance.live import Recorded, tell
from modules.attendance.ports import ErasureStore, RecordStore, RotatingCodes


@dataclass(frozen=True, slots=True)
class Attending:
    """:raises NotFound: :raises NotEnrolled: :raises EnrolmentExpired: from both of them."""

    begin: Begin[RecordStore]
    codes: RotatingCodes
    hub: Hub
    clock: Clock

    async def check_in(self, actor: Actor, session_id: int, *, code: str, device_id: str) -> bool:
        """Whether it is the first check-in. A repeat changes nothing, whatever code it brings: the answer to the first
        may have been lost. Two students on one device are both flagged.

        :raises CheckInClosed: :raises WrongCode:
        """
        async with self.begin() as store:
            session, now = found(await store.session(session_id)), self.clock.now()
            demand_place(await store.place(session, actor.user_id))
            record = await store.record(session, actor.user_id)
            if record.checked_in_at is not None:
                return False
            demand_check_in(session, now)
            if not is_shown(code, now, lambda moment: self.codes.code(session.secret, moment)):
                raise WrongCode
            first_id = await store.take_device(session_id, device_id, actor.user_id)
            is_shared = first_id != actor.user_id
            proved = replace(record, checked_in_at=now, is_flagged=record.is_flagged or is_shared)
            after = revised(record, with_verdict(proved, session, now, is_over=False))
            await store.save_records([(record, after)], actor_id=actor.user_id)
            if is_shared:
                await store.flag(session_id, [first_id])
        told = [actor.user_id, first_id] if is_shared else [actor.user_id]
        tell(self.hub, Recorded(session_id, told))
        return True

    async def be_present(self, actor: Actor, session_id: int) -> Record:
        """A heartbeat: the app is in the class at this moment. The record, with the time that is covered so far.

        :raises CheckInClosed: before it opens, and after it is closed.
        """
        async with self.begin() as store:
            session, now = found(await store.session(session_id)), self.clock.now()
            demand_place(await store.place(session, actor.user_id))
            demand_check_in(replace(session, check_in_closes_at=max(session.check_in_closes_at, session.ends_at)), now)
            record = await store.record(session, actor.user_id)
            after = revised(record, with_verdict(seen(record, session, now), session, now, is_over=False))
            await store.save_records([(record, after)], actor_id=actor.user_id)
        if after.status != record.status:
            tell(self.hub, Recorded(session_id, [actor.user_id]))
        return after

    async def forget(self, store: ErasureStore, user_id: int) -> None:
        """Reaction within the erasure of an account."""
        await store.forget(user_id)
