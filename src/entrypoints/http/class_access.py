"""Whose class it is: what handlers ask before they read."""

from core.errors import NotFound
from entrypoints.http.calls import Call, caller, do
from modules.attendance.domain.sessions import NotStaff
from modules.attendance.queries import SessionCard


async def seen_session(request: Call, session_id: int) -> SessionCard:
    """:raises NotFound: there is none, or it is not the caller's to see."""
    card = await do(request).classes.session(session_id, caller(request))
    if card is None:
        raise NotFound
    return card


async def taught_session(request: Call, session_id: int) -> SessionCard:
    """:raises NotFound: :raises NotStaff: the caller is a student of it."""
    card = await seen_session(request, session_id)
    if not card.is_staff:
        raise NotStaff
    return card


async def demand_teaches(request: Call, course_id: int) -> None:
    """:raises NotFound: :raises NotStaff:"""
    place = await do(request).classes.place(course_id, caller(request))
    if place is None:
        raise NotFound
    if not place.is_staff:
        raise NotStaff
