"""/api/attendance/status-sets/: what students of a course can be in its classes."""

from typing import Annotated, Any

from litestar import delete, get, patch, post
from litestar.params import FromPath, FromQuery, JSONBody
from msgspec import UNSET, Meta, Struct, UnsetType

from entrypoints.http.attendance_wire import StatusInfo, status_info
from entrypoints.http.calls import Call, caller, do, expected_version, given
from entrypoints.http.class_access import demand_teaches
from entrypoints.http.policy import Policy
from modules.attendance.domain.statuses import MOST_STATUSES, USUAL, Occasion, Status, StatusSet

Title = Annotated[str, Meta(min_length=1, max_length=60, pattern=r"\S")]
Slug = Annotated[str, Meta(min_length=1, max_length=20, pattern=r"^[a-z][a-z0-9_]*$(?!\n)")]
Points = Annotated[int, Meta(ge=0, le=1000)]


class StatusBody(Struct, frozen=True, forbid_unknown_fields=True):
    """`points` null: the class does not count. `given`: when nobody needs to choose it."""

    code: Slug
    title: Title
    points: Points | None
    given: Occasion | None = None


Statuses = Annotated[list[StatusBody], Meta(min_length=2, max_length=MOST_STATUSES)]


class NewSet(Struct, frozen=True, forbid_unknown_fields=True):
    course_id: int
    title: Title
    statuses: Statuses


class SetChanges(Struct, frozen=True, forbid_unknown_fields=True):
    """What is not sent stays; `statuses` are all of them. Classes that are made already keep theirs."""

    title: Title | UnsetType = UNSET
    statuses: Statuses | UnsetType = UNSET
    id: Any = UNSET
    course_id: Any = UNSET
    version: Any = UNSET


class SetInfo(Struct, frozen=True):
    """`id` null: the usual statuses, which every course has."""

    id: int | None
    course_id: int
    title: str
    statuses: list[StatusInfo]
    version: int


class Sets(Struct, frozen=True):
    results: list[SetInfo]


@get("/status-sets/", policy=Policy.STAFF)
async def status_sets(request: Call, course_id: FromQuery[int]) -> Sets:
    """The usual statuses, and the course's own sets."""
    await demand_teaches(request, course_id)
    own = [_set(one) for one in await do(request).classes.status_sets(course_id)]
    usual = SetInfo(None, course_id, "Usual", [status_info(status) for status in USUAL], 1)
    return Sets([usual, *own])


@post("/status-sets/", policy=Policy.STAFF)
async def create_status_set(request: Call, data: JSONBody[NewSet]) -> SetInfo:
    """Exactly one status is given `on_time` and one `absent`, at most one `late` and one `excused`."""
    statuses = _statuses(data.statuses)
    return _set(await do(request).grading.add_set(caller(request), data.course_id, title=data.title, statuses=statuses))


@patch("/status-sets/{set_id:int}/", policy=Policy.STAFF)
async def change_status_set(request: Call, set_id: FromPath[int], data: JSONBody[SetChanges]) -> SetInfo:
    """For classes that are made from now on."""
    changes = given(data, "title", "statuses")
    if "statuses" in changes:
        changes["statuses"] = _statuses(changes["statuses"])
    version = expected_version(request)
    return _set(await do(request).grading.change_set(caller(request), set_id, changes, version=version))


@delete("/status-sets/{set_id:int}/", policy=Policy.STAFF, status_code=204)
async def remove_status_set(request: Call, set_id: FromPath[int]) -> None:
    """Classes that have it keep it."""
    await do(request).grading.remove_set(caller(request), set_id)


def _statuses(bodies: list[StatusBody]) -> tuple[Status, ...]:
    return tuple(Status(one.code, one.title, one.points, one.given) for one in bodies)


def _set(found: StatusSet) -> SetInfo:
    statuses = [status_info(status) for status in found.statuses]
    return SetInfo(found.id, found.course_id, found.title, statuses, found.version)


HANDLERS = [status_sets, create_status_set, change_status_set, remove_status_set]
