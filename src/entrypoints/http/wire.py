"""Values that stand in many answers, as the app reads them."""

from datetime import datetime
from typing import Any, Protocol

from msgspec import Struct

from core.actor import Role
from entrypoints.http.calls import Call, house
from modules.identity.domain import User


class PersonLike(Protocol):
    @property
    def id(self) -> int: ...
    @property
    def username(self) -> str: ...
    @property
    def full_name(self) -> str: ...
    @property
    def profile_image(self) -> str | None: ...


class PersonRef(Struct, frozen=True):
    """A user as others see them."""

    id: int
    username: str
    full_name: str
    profile_image: str | None


class Ref(Struct, frozen=True):
    id: int
    title: str


class UserInfo(Struct, frozen=True):
    """A user as they see themselves, and as administrators see them."""

    id: int
    email: str
    username: str
    role: Role
    full_name: str
    mobile_number: str | None
    profile_image: str | None
    is_active: bool
    email_verified_at: datetime | None
    created_at: datetime
    version: int


def media(request: Call) -> str:
    """Where pictures are found."""
    return house(request).settings.media_base_url


def media_url(base: str, key: str | None) -> str | None:
    """The public address of a picture."""
    return None if key is None else f"{base}/{key}"


def person(base: str, one: PersonLike) -> PersonRef:
    return PersonRef(one.id, one.username, one.full_name, media_url(base, one.profile_image))


def user_info(request: Call, user: User) -> UserInfo:
    values: dict[str, Any] = {name: getattr(user, name) for name in UserInfo.__struct_fields__}
    values["profile_image"] = media_url(media(request), user.profile_image)
    return UserInfo(**values)
