"""What somebody wants to be told, where, and on which devices."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from msgspec import Struct
from msgspec.structs import asdict, replace

from core.actor import Actor
from core.clock import Clock
from core.errors import Forbidden, NotFound
from core.ids import Derivation
from core.transaction import Begin
from modules.notifications.domain.cards import Device
from modules.notifications.domain.kinds import KINDS, NotificationType
from modules.notifications.domain.preferences import MAIL_WAIT, Frequency, QuietHours, demand_quiet_hours
from modules.notifications.domain.pushes import Platform
from modules.notifications.events import GroupChosen
from modules.notifications.ports import PreferenceStore

UNSUBSCRIBE = "unsubscribe"


class BadLink(Forbidden):
    code = "bad_link"
    detail = "This link is not whole; change your e-mails in the app."


class TypeChange(Struct, frozen=True):
    """What is None stays."""

    notification_type: NotificationType
    in_app: bool | None = None
    email: bool | None = None
    push: bool | None = None


class GroupChange(Struct, frozen=True):
    """What is None stays; `ends_mute` takes `muted_until` away."""

    community_id: int
    email_notifications: bool | None = None
    push_notifications: bool | None = None
    muted_until: datetime | None = None
    ends_mute: bool = False


@dataclass(frozen=True, slots=True)
class Preferring:
    begin: Begin[PreferenceStore]
    derivation: Derivation
    clock: Clock

    async def change(
        self,
        actor: Actor,
        *,
        own: dict[str, Any],
        quiet_hours: QuietHours | None = None,
        types: tuple[TypeChange, ...] = (),
        groups: tuple[GroupChange, ...] = (),
    ) -> None:
        """Change what is named and nothing else; all of it or, on an error, nothing. `own` holds columns of
        `Preferences`; quiet hours end by `quiet_start` None. Choosing how often mails come ends their pause.

        :raises NotMember: of one of the groups. :raises Invalid: quiet hours that are none.
        """
        if quiet_hours is not None:
            demand_quiet_hours(quiet_hours)
            quiet: dict[str, Any] = {
                "quiet_start": quiet_hours.start,
                "quiet_end": quiet_hours.end,
                "timezone": quiet_hours.timezone,
            }
            own = {**own, **quiet}
        if "email_frequency" in own:
            own = {**own, "email_paused_at": None}
        async with self.begin() as store:
            await store.preferences(actor.user_id)
            if own:
                await store.change(actor.user_id, **own)
            for one in types:
                await self._choose(store, actor.user_id, one)
            for group in groups:
                await store.emit(GroupChosen(user_id=actor.user_id, **asdict(group)))
            await store.look_again(actor.user_id, self.clock.now() + MAIL_WAIT)

    async def register_device(self, actor: Actor, token: str, platform: Platform) -> tuple[Device, bool]:
        """Pushes go to this device as long as the login lasts with which it was registered. A repeat changes nothing
        but when it was last seen.
        """
        async with self.begin() as store:
            return await store.register_device(actor.user_id, actor.session_id, token, platform)

    async def forget_device(self, actor: Actor, device_id: int) -> None:
        """:raises NotFound:"""
        async with self.begin() as store:
            if not await store.forget_device(actor.user_id, device_id):
                raise NotFound

    def unsubscribe_token(self, user_id: int) -> str:
        """What ends one's mails without logging in; in every mail."""
        return f"{user_id}.{self.derivation.derive(UNSUBSCRIBE, user_id)}"

    async def unsubscribe(self, token: str) -> None:
        """No mails of notifications any more (RFC 8058). A repeat changes nothing.

        :raises BadLink:
        """
        user_id = self.demand_token(token)
        async with self.begin() as store:
            await store.preferences(user_id)
            await store.change(user_id, email_frequency=Frequency.OFF)
            await store.look_again(user_id, self.clock.now())

    def demand_token(self, token: str) -> int:
        """Whose token it is.

        :raises BadLink:
        """
        digits, _, proof = token.partition(".")
        is_whole = digits.isascii() and digits.isdigit() and len(digits) < 19 and proof.isascii()
        if not is_whole or not self.derivation.matches(proof, UNSUBSCRIBE, int(digits)):
            raise BadLink
        return int(digits)

    async def forget_user(self, store: PreferenceStore, user_id: int) -> None:
        """Reaction within the erasure of an account."""
        await store.forget_user(user_id)

    async def end_pause(self, store: PreferenceStore, user_id: int) -> None:
        """Reaction: an address that was just confirmed takes mails."""
        await store.preferences(user_id)
        await store.change(user_id, email_paused_at=None)

    async def _choose(self, store: PreferenceStore, user_id: int, change: TypeChange) -> None:
        current = await store.choice(user_id, change.notification_type) or KINDS[change.notification_type].defaults
        wanted = {name: value for name in ("in_app", "email", "push") if (value := getattr(change, name)) is not None}
        await store.choose(user_id, change.notification_type, replace(current, **wanted))
