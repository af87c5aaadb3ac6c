"""Who may do something with a class."""

from core.actor import Actor
from core.errors import NotFound
from modules.attendance.domain.sessions import ClassSession, EnrolmentExpired, NotEnrolled, NotStaff, found
from modules.attendance.ports import ClassStore, Place


async def taught(store: ClassStore, actor: Actor, session_id: int, *, lock: bool = True) -> ClassSession:
    """The class, if the caller teaches it; nobody else changes it until the transaction's end.

    :raises NotFound: :raises NotStaff:
    """
    session = found(await store.session(session_id, lock=lock))
    if not await store.is_staff(actor, session.course_id):
        raise NotStaff
    return session


async def note(store: ClassStore, actor: Actor, what: str, session_id: int, **data: object) -> None:
    """In the audit log: what somebody did with a class."""
    kind = "class_session"
    await store.audit(actor_id=actor.user_id, action=f"{kind}.{what}", target_type=kind, target_id=session_id, **data)


def demand_place(place: Place) -> None:
    """:raises NotEnrolled: :raises EnrolmentExpired: :raises NotFound: the class is of a group that one is not in."""
    if not place.is_enrolled:
        raise NotEnrolled
    if not place.has_access:
        raise EnrolmentExpired
    if not place.is_among:
        raise NotFound
