"""Groups and members as the app reads them."""

from datetime import datetime

from msgspec import Struct

from entrypoints.http.calls import Call
from entrypoints.http.wire import PersonRef, Ref, media, media_url, person
from modules.community.domain.groups import Member, MemberRole, Visibility
from modules.community.queries import GroupCard, MemberCard


class MemberInfo(Struct, frozen=True):
    """The last three keys are the member's own business: null for others."""

    id: int
    community_id: int
    user_id: int
    user: PersonRef
    role: MemberRole
    is_active: bool
    joined_at: datetime
    silenced_until: datetime | None
    email_notifications: bool | None
    push_notifications: bool | None
    muted_until: datetime | None


class Membership(Struct, frozen=True):
    """One's own membership within a group."""

    id: int
    community_id: int
    user_id: int
    role: MemberRole
    is_active: bool
    joined_at: datetime
    silenced_until: datetime | None
    email_notifications: bool
    push_notifications: bool
    muted_until: datetime | None


class GroupInfo(Struct, frozen=True):
    """`unread_count`: messages of others that one has not read, up to 100; 0 for who is no member."""

    id: int
    course_id: int
    course: Ref
    title: str
    description: str
    visibility: Visibility
    require_post_approval: bool
    slow_mode_seconds: int
    member_count: int
    post_count: int
    banner_image: str | None
    created_at: datetime
    unread_count: int
    membership: Membership | None
    version: int


class BanInfo(Struct, frozen=True):
    user_id: int
    user: PersonRef
    banned_at: datetime | None


def group_info(request: Call, card: GroupCard, unread: dict[int, int]) -> GroupInfo:
    group = card.group
    return GroupInfo(
        id=group.id,
        course_id=group.course_id,
        course=Ref(group.course_id, card.course_title),
        title=group.title,
        description=group.description,
        visibility=group.visibility,
        require_post_approval=group.require_post_approval,
        slow_mode_seconds=group.slow_mode_seconds,
        member_count=group.member_count,
        post_count=card.post_count,
        banner_image=media_url(media(request), group.banner_image),
        created_at=group.created_at,
        unread_count=unread.get(group.id, 0),
        membership=membership(card.member),
        version=group.version,
    )


def membership(member: Member | None) -> Membership | None:
    if member is None or not member.is_active:
        return None
    return Membership(
        member.id,
        member.community_id,
        member.user_id,
        member.role,
        member.is_active,
        member.joined_at,
        member.silenced_until,
        member.email_notifications,
        member.push_notifications,
        member.muted_until,
    )


def member_info(request: Call, card: MemberCard, *, is_own: bool) -> MemberInfo:
    member = card.member
    return MemberInfo(
        member.id,
        member.community_id,
        member.user_id,
        person(media(request), card.person),
        member.role,
        member.is_active,
        member.joined_at,
        member.silenced_until,
        member.email_notifications if is_own else None,
        member.push_notifications if is_own else None,
        member.muted_until if is_own else None,
    )


def ban_info(request: Call, card: MemberCard) -> BanInfo:
    return BanInfo(card.member.user_id, person(media(request), card.person), card.member.banned_at)
