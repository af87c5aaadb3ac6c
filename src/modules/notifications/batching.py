"""Mails that tell of notifications: one for all that waits for a person.

Their rows are the queue. Killed anywhere, a mail goes out again with the same Message-ID; the moment between the
server's answer and the commit cannot be closed.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from core.clock import Clock
from core.errors import Unavailable
from core.transaction import Begin
from modules.notifications.domain.mails import Letter, Mail, Template
from modules.notifications.domain.notices import MAIL_KEPT, channels
from modules.notifications.domain.preferences import Frequency, mail_due
from modules.notifications.domain.texts import is_news, link_of, told
from modules.notifications.letters import Item, compose_batch
from modules.notifications.mailing import AddressRejected, Deferred, Rejected
from modules.notifications.ports import BatchStore, MailFacts, MailTransport, Waiting
from modules.notifications.preferring import Preferring

LEASE = timedelta(minutes=5)
RETRY, LONGEST_RETRY = timedelta(minutes=2), timedelta(hours=2)
RUN = timedelta(seconds=25)
SOME = 100
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
        """On the schedule: mail what is due, for 25 s at most; any number of these may run at once. What fails for one
        person waits, and holds nobody up.

        :raises Unavailable: the mail server takes nothing; all of it waits.
        """
        ends, failures, fault = self.clock.now() + RUN, 0, None
        has_moved = True
        while has_moved and self.clock.now() < ends:
            async with self.begin() as store:
                users = await store.due_users(SOME)
            has_moved = False  # others may have all of them in hand
            for user_id in users:
                if self.clock.now() >= ends:
                    break
                try:
                    has_moved |= await self._mail(user_id)
                    failures = 0
                except Deferred:
                    has_moved = True
                except Unavailable:
                    failures += 1
                    if failures == MOST_FAILURES:
                        raise
                except Exception as error:  # noqa: BLE001 - one person's rows must not end everybody's mails
                    fault = fault or error
                    await self._put_off(user_id, LONGEST_RETRY)
        if fault is not None:
            raise fault

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
                await _tell_operators(store, "mail.address_refused", mail, user_id)
            return
        except Rejected:
            async with self.begin() as store:
                await store.drop(ids)
                await _tell_operators(store, "mail.refused", mail, user_id)
            return
        except Unavailable as error:
            # a letter that is put off waits ever longer; when the server is away, nobody is to wait for that afterwards
            longer = min(LONGEST_RETRY, RETRY * 2 ** min(mail.attempts, 10))
            await self._put_off(user_id, longer if isinstance(error, Deferred) else RETRY, ids)
            raise
        async with self.begin() as store:
            await store.mark_mailed(user_id, mail.id)

    async def _put_off(self, user_id: int, delay: timedelta, in_hand: Sequence[int] = ()) -> None:
        """What is in hand until then, and nothing else of this person before."""
        until = self.clock.now() + delay
        async with self.begin() as store:
            await store.put_off(in_hand, until)
            await store.put_all_off(user_id, until)

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
            due = _due(one)
            is_digest = one.preferences.email_frequency is not Frequency.INSTANT
            if due is not None and due > now and is_digest and one.mail_id is None:
                later.setdefault(due, []).append(one.card.id)
            else:
                wanted.append(one)
        for due, ids in later.items():
            await store.put_off(ids, due)
        # what made somebody due may be what was dropped: the rest waits for its own time
        if any(one.mail_id is not None or (_due(one) or now) <= now for one in wanted):
            return wanted
        for one in wanted:
            await store.put_off([one.card.id], _due(one) or now)
        return []

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


def _due(one: Waiting) -> datetime | None:
    return mail_due(one.preferences, one.card.created_at)


async def _tell_operators(store: BatchStore, action: str, mail: Mail, user_id: int) -> None:
    await store.audit(actor_id=None, action=action, target_type="mail", target_id=mail.id, user_id=user_id)


def _is_wanted(one: Waiting, now: datetime) -> bool:
    card = one.card
    is_muted = one.muted_until is not None and one.muted_until > now
    return (
        is_news(card)
        and card.created_at > now - MAIL_KEPT
        and one.may_mail
        and not is_muted
        and channels(card.notification_type, one.chosen).email
        and _due(one) is not None
    )
