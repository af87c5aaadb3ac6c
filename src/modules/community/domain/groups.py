"""Groups, members, and who may do what in them.

One question is asked everywhere, "what may this caller do in this group?", and `Place` is its answer: the group, the
caller's standing in its course, and the membership if there is one.
"""

from datetime import datetime, timedelta
from enum import StrEnum

from msgspec import Struct

from core.errors import Conflict, Forbidden, NotFound

LONGEST_SILENCE = timedelta(days=30)
SLOWEST_SECONDS = 3600


class Visibility(StrEnum):
    PUBLIC = "public"
    PRIVATE = "private"
    """Instructors and administrators only."""
    INSTRUCTOR_MODERATED = "instructor_moderated"
    """As public; every post waits for approval."""


class MemberRole(StrEnum):
    MEMBER = "member"
    MODERATOR = "moderator"
    INSTRUCTOR = "instructor"


class NotMember(Forbidden):
    code = "not_member"
    detail = "Join this community first."


class Banned(Forbidden):
    code = "banned"
    detail = "You were banned from this community."


class Silenced(Forbidden):
    code = "silenced"
    detail = "A moderator has silenced you for a while."


class NotModerator(Forbidden):
    code = "not_moderator"
    detail = "Only moderators of this community may do this."


class NotHost(Forbidden):
    code = "not_host"
    detail = "Only the course's instructors and administrators may do this."


class CourseHasGroup(Conflict):
    code = "course_has_group"
    detail = "This course has its community already."


class Untouchable(Conflict):
    code = "is_host"
    detail = "The course's instructors and administrators cannot be silenced, banned or given another role."


class Group(Struct, frozen=True):
    """`banner_image` is a storage key."""

    id: int
    course_id: int
    title: str
    description: str
    visibility: Visibility
    require_post_approval: bool
    slow_mode_seconds: int
    banner_image: str | None
    member_count: int
    created_at: datetime
    version: int

    @property
    def approves_posts(self) -> bool:
        return self.require_post_approval or self.visibility is Visibility.INSTRUCTOR_MODERATED


class Member(Struct, frozen=True):
    """One row for each user who ever joined or was banned; `muted_until` mutes the user's own notifications."""

    id: int
    community_id: int
    user_id: int
    role: MemberRole
    is_active: bool
    joined_at: datetime
    email_notifications: bool
    push_notifications: bool
    muted_until: datetime | None
    silenced_until: datetime | None
    banned_at: datetime | None


class Standing(StrEnum):
    """What a user is to the group's course."""

    STRANGER = "stranger"
    EXPIRED = "expired"
    """Enrolled once, without access now: run out, suspended or refunded."""
    ENROLLED = "enrolled"
    HOST = "host"
    """Instructor of the course, or administrator."""


class Place(Struct, frozen=True):
    """A caller's place in a group; `email` is the caller's address, which messages show."""

    group: Group
    standing: Standing
    member: Member | None
    email: str = ""
    enrolled_until: datetime | None = None
    """When access to the course ends by itself; None: not at all."""

    @property
    def ends_at(self) -> datetime | None:
        """When the place is lost without anybody's doing."""
        return None if self.is_host else self.enrolled_until

    @property
    def is_host(self) -> bool:
        return self.standing is Standing.HOST

    @property
    def is_banned(self) -> bool:
        return not self.is_host and self.member is not None and self.member.banned_at is not None

    @property
    def is_member(self) -> bool:
        """Hosts are members without joining; others while they have access to the course."""
        if self.is_host:
            return True
        joined = self.member is not None and self.member.is_active and not self.is_banned
        return joined and self.standing is Standing.ENROLLED

    @property
    def is_moderator(self) -> bool:
        if self.is_host:
            return True
        return self.is_member and self.member is not None and self.member.role is MemberRole.MODERATOR


class NotEnrolled(Forbidden):
    code = "not_enrolled"
    detail = "Enrol in the course to see its community."


class EnrolmentExpired(Forbidden):
    code = "enrolment_expired"
    detail = "Your access to this course has ended, and with it that to its community."


def demand_sight(place: Place | None) -> Place:
    """The group may be seen: enrolled, or a host; private ones do not exist for others.

    :raises NotFound: :raises NotEnrolled: :raises EnrolmentExpired: :raises Banned:
    """
    if place is None:
        raise NotFound
    if place.is_host:
        return place
    if place.group.visibility is Visibility.PRIVATE:
        raise NotFound
    if place.is_banned:
        raise Banned
    if place.standing is Standing.STRANGER:
        raise NotEnrolled
    if place.standing is Standing.EXPIRED:
        raise EnrolmentExpired
    return place


def demand_member(place: Place | None) -> Place:
    """:raises NotMember: and what `demand_sight` raises."""
    seen = demand_sight(place)
    if not seen.is_member:
        raise NotMember
    return seen


def demand_voice(place: Place | None, now: datetime) -> Place:
    """A member who may write.

    :raises Silenced: saying until when. And what `demand_member` raises.
    """
    member = demand_member(place)
    until = member.member.silenced_until if member.member else None
    if not member.is_host and until is not None and until > now:
        raise Silenced(f"A moderator has silenced you until {until:%d %B %Y, %H:%M} UTC.")
    return member


def demand_moderator(place: Place | None) -> Place:
    """:raises NotModerator: and what `demand_member` raises."""
    member = demand_member(place)
    if not member.is_moderator:
        raise NotModerator
    return member


def demand_host(place: Place | None) -> Place:
    """:raises NotFound: no such group, or a private one. :raises NotHost:"""
    if place is None or (place.group.visibility is Visibility.PRIVATE and not place.is_host):
        raise NotFound
    if not place.is_host:
        raise NotHost
    return place
