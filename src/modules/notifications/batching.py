"""Mails that tell of notifications: one for all that waits for a person.

Their rows are the queue. Killed anywhere, a mail goes out again with the same Message-ID; the moment between the
server's answer and the commit cannot be closed.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from core.clock import Clock
from core.errors import Unavailable
from core.transaction import Begin
from modules.notifications.domain.mails import Letter, Mail, Template
from modules.notifications.domain.notices import MAIL_KEPT, channels
from modules.notifications.domain.preferences import Frequency, mail_due
from modules.notifications.domain.texts import is_gone, link_of, told
from modules.notifications.letters import Item, compose_batch
from modules.notifications.mailing import AddressRejected, Rejected
from modules.notifications.ports import BatchStore, MailFacts, MailTransport, Waiting
from modules.notifications.preferring import Preferring

LEASE = timedelta(minutes=5)
RETRY = timedelta(minutes=2)
RUN = timedelta(seconds=25)
SOME = 500
MOST_FAILURES = 3
"""In a row: then it is the server, and not an address."""


@dataclass(frozen=True, slots=True)
class Batching:
    begin: Begin[BatchStore]
    facts: MailFacts
    transport: MailTransport
    preferring: Preferring
    clock: Clock
    domain: str
    """The right side of Message-IDs."""
    app_url: str
    api_url: str

    async def send_due(self) -> None:
        """On the schedule: mail what is due, for 25 s at most; any number of these may run at once.

        :raises Unavailable: the mail server takes nothing; all of it waits.
        """
        ends, failures = self.clock.now() + RUN, 0
        while self.clock.now() < ends:
            async with self.begin() as store:
                users = await store.due_users(SOME)
            has_moved = False
            for user_id in users:
                try:
                    has_moved |= await self._mail(user_id)
                    failures = 0
                except Unavailable:
                    has_moved, failures = True, failures + 1
                    if failures == MOST_FAILURES:
                        raise
                if self.clock.now() >= ends:
                    return
            if not has_moved:  # others have them in hand
                return

    async def _mail(self, user_id: int) -> bool:
        """Whether anything of this person's was due."""
        address = await self.facts.address(user_id)
        async with self.begin() as store:
            waiting = await store.waiting(user_id)
            if address is None:
                await store.drop([one.card.id for one in waiting])
                return bool(waiting)
            wanted = await self._still_wanted(store, waiting)
            if not wanted:
                return bool(waiting)
            mail = await self._record(store, user_id, wanted)
            await store.take([one.card.id for one in wanted], mail.id, self.clock.now() + LEASE)
            await store.count_attempt(mail.id)
        await self._send(user_id, mail, self._letter(user_id, address, mail, wanted), wanted)
        return True

    async def _send(self, user_id: int, mail: Mail, letter: Letter, wanted: list[Waiting]) -> None:
        ids = [one.card.id for one in wanted]
        try:
            await self.transport.send(letter)
        except AddressRejected:
            async with self.begin() as store:
                await store.pause(user_id)
            return
        except Rejected:
            async with self.begin() as store:
                await store.drop(ids)
            return
        except Unavailable:
            async with self.begin() as store:
                await store.put_off(ids, self.clock.now() + RETRY)
            raise
        async with self.begin() as store:
            await store.mark_mailed(user_id, mail.id)

    async def _still_wanted(self, store: BatchStore, waiting: list[Waiting]) -> list[Waiting]:
        """What was read, deleted or chosen otherwise since is dropped, and what belongs into a later digest waits."""
        now = self.clock.now()
        dropped = [one.card.id for one in waiting if not _is_wanted(one, now)]
        if dropped:
            await store.drop(dropped)
        wanted: list[Waiting] = []
        later: dict[datetime, list[int]] = {}
        for one in waiting:
            if not _is_wanted(one, now):
                continue
            due = mail_due(one.preferences, one.card.created_at)
            is_digest = one.preferences.email_frequency is not Frequency.INSTANT
            if due is not None and due > now and is_digest and one.mail_id is None:
                later.setdefault(due, []).append(one.card.id)
            else:
                wanted.append(one)
        for due, ids in later.items():
            await store.put_off(ids, due)
        return wanted

    async def _record(self, store: BatchStore, user_id: int, wanted: list[Waiting]) -> Mail:
        if wanted[0].mail_id is not None:
            return await store.mail_of(wanted[0].mail_id)
        cause = f"notifications-{wanted[-1].card.id}"
        return await store.mail(
            cause=cause,
            user_id=user_id,
            template=Template.NOTIFICATIONS,
            message_id=f"<{cause}.{user_id}@{self.domain}>",
        )

    def _letter(self, user_id: int, address: tuple[str, str], mail: Mail, wanted: list[Waiting]) -> Letter:
        to, name = address
        token = self.preferring.unsubscribe_token(user_id)
        unsubscribe = f"{self.api_url}/api/community/notifications/unsubscribe/?token={token}"
        items = [self._item(one) for one in wanted]
        subject, text, html = compose_batch(wanted[0].card.language, name, items, unsubscribe)
        return Letter(to, subject, text, html, mail.message_id, unsubscribe)

    def _item(self, one: Waiting) -> Item:
        title, message = told(one.card)
        link = link_of(one.card)
        return Item(title, message, f"{self.app_url}/{link[0]}/{link[1]}" if link else self.app_url)


def _is_wanted(one: Waiting, now: datetime) -> bool:
    card = one.card
    is_muted = one.muted_until is not None and one.muted_until > now
    return (
        card.read_at is None
        and card.created_at > now - MAIL_KEPT
        and one.may_mail
        and not is_muted
        and channels(card.notification_type, one.chosen).email
        and mail_due(one.preferences, card.created_at) is not None
        and not is_gone(card)
    )
