"""Facts that identity announces."""

from core.events import Event


class UserRegistered(Event, frozen=True, kw_only=True):
    user_id: int


class CodeRequested(Event, frozen=True, kw_only=True):
    """A one-time code waits to be mailed."""

    user_id: int
    code_id: int
    purpose: str


class AccessEnded(Event, frozen=True, kw_only=True):
    """Some or all logins of a user have ended; `session_id` None means all of them."""

    user_id: int
    session_id: int | None
    reason: str


class PasswordChanged(Event, frozen=True, kw_only=True):
    """`version` is the user's after the change, which tells one change from the next."""

    user_id: int
    version: int


class EmailChanged(Event, frozen=True, kw_only=True):
    """`code_id` names the code row that keeps the former address, which is to be told."""

    user_id: int
    code_id: int


class RoleChanged(Event, frozen=True, kw_only=True):
    user_id: int
    role: str


class EmailForgotten(Event, frozen=True, kw_only=True):
    """An address goes with its account. For reactions within the transaction only: whatever comes after is stored."""

    email: str


class AccountErased(Event, frozen=True, kw_only=True):
    """The person asked to be forgotten: what others hold of them goes too, and `picture`, the storage key of their
    profile image.
    """

    user_id: int
    picture: str | None
