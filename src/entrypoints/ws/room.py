"""A community's chat on this instance: its sockets, and the changes in their order.

Changes come from the hub, which may lose some or bring them in another order; a change is told when all before it have
been. What is missing is read from the database, once for all sockets.
"""

import asyncio
from collections.abc import Callable, Iterable

import structlog

from core.errors import NotFound, Unavailable
from entrypoints.ws.closing import Code
from entrypoints.ws.connection import Connection
from entrypoints.ws.deliveries import Deliveries
from entrypoints.ws.ephemera import Ephemera
from entrypoints.ws.outgoing import Frame, Ping, Resume, Resync, Told, frame
from entrypoints.ws.rendering import Rendering
from modules.community.live import Changed, Note, decode
from modules.community.queries import Missed, Position, StreamQueries
from modules.community.reading import Reading

GAP_S = 0.05
"""How long a change is waited for that a later one has overtaken."""
LARGEST_RESUME = 256 * 1024
MOST_SINGLE = 50
"""So many missed changes are told one by one; more of them as a summary."""
RETRY_S = 1.0
log = structlog.get_logger()


class Room:
    def __init__(self, community_id: int, streams: StreamQueries, reading: Reading, rendering: Rendering) -> None:
        self.community_id = community_id
        self.epoch = ""
        self.last = 0
        """All changes up to this one have been told."""
        self.visitors = 0
        """Sockets that are in it, or about to be."""
        self.opening: asyncio.Task[None] | None = None
        self.ephemera = Ephemera(community_id, self.each, self.of)
        self.deliveries = Deliveries(community_id, reading)
        self._streams = streams
        self._rendering = rendering
        self._by_version: dict[int, dict[Connection, None]] = {1: {}, 2: {}}
        self._by_user: dict[int, tuple[Connection, ...]] = {}
        self._pending: dict[int, Changed] = {}
        self._is_open = False
        self._gap: asyncio.TimerHandle | None = None
        self._catching: asyncio.Task[None] | None = None
        self._seen = 0

    # --- who is in it ---

    def each(self, version: int | None = None) -> Iterable[Connection]:
        if version is not None:
            return tuple(self._by_version[version])
        return (*self._by_version[1], *self._by_version[2])

    def of(self, user_id: int) -> Iterable[Connection]:
        return self._by_user.get(user_id, ())

    def enter(self, connection: Connection) -> None:
        connection.position = self.last
        self._by_version[connection.version][connection] = None
        self._by_user[connection.user_id] = (*self.of(connection.user_id), connection)

    def upgrade(self, connection: Connection) -> None:
        """The socket speaks version 2 from now on."""
        self._by_version[1].pop(connection, None)
        connection.version = 2
        self._by_version[2][connection] = None

    def leave(self, connection: Connection) -> None:
        self._by_version[connection.version].pop(connection, None)
        others = tuple(one for one in self.of(connection.user_id) if one is not connection)
        if others:
            self._by_user[connection.user_id] = others
        else:
            self._by_user.pop(connection.user_id, None)

    # --- changes ---

    async def open(self) -> None:
        """Learn where the stream stands; call it when the hub is listened to.

        :raises NotFound: :raises Unavailable:
        """
        position = (await self._streams.positions([self.community_id])).get(self.community_id)
        if position is None:
            raise NotFound
        self.epoch, self.last, self._seen, self._is_open = position.epoch, position.seq, position.seq, True
        self._pending = {seq: changed for seq, changed in self._pending.items() if seq > self.last}
        self._advance()

    def receive(self, data: bytes) -> None:
        """What the hub brings. Nothing that goes wrong here is the publisher's business."""
        try:
            self._take(decode(data))
        except Exception:  # another version of the service may speak otherwise
            log.exception("note_not_told", community_id=self.community_id)

    def compare(self, position: Position) -> None:
        """The database has come so far: whatever it had reached at the last look must have been told by now."""
        if position.epoch != self.epoch or self._seen > self.last:
            self.catch_up()
        self._seen = position.seq

    def catch_up(self) -> None:
        """Read what is missing, once at a time."""
        if self._catching is None and self._is_open:
            self._catching = asyncio.get_running_loop().create_task(self._catch_up(), name="catch-up")

    def ping(self) -> Frame:
        return frame(Ping(seq=self.last))

    def close(self) -> None:
        self._is_open = False
        self.ephemera.close()
        self.deliveries.close()
        if self._gap is not None:
            self._gap.cancel()
        if self._catching is not None:
            self._catching.cancel()

    async def resume(self, connection: Connection, since: int) -> None:
        """Bring a client up from the number that it has come to.

        :raises NotFound: :raises Unavailable:
        """
        connection.hold()
        try:
            missed = await self._streams.missed(self.community_id, since)
        except BaseException:
            connection.resumed(connection.position)
            raise
        if missed is None:
            connection.resumed(connection.position)
            raise NotFound
        connection.resumed(missed.position.seq, self._told_of(missed, since, connection.user_id))

    # --- inside ---

    def _take(self, note: Note) -> None:
        if not isinstance(note, Changed):
            self.ephemera.take(note)
        elif note.message.change_seq > self.last or not self._is_open:
            self._pending[note.message.change_seq] = note
            if self._is_open:
                self._advance()

    def _advance(self) -> None:
        while (changed := self._pending.pop(self.last + 1, None)) is not None:
            self.last += 1
            self._tell(changed)
        if self._pending and self._gap is None:
            self._gap = asyncio.get_running_loop().call_later(GAP_S, self._look)

    def _look(self) -> None:
        self._gap = None
        if self._pending:
            self.catch_up()

    def _tell(self, changed: Changed) -> None:
        sender_id, seq = changed.message.sender_id, changed.message.change_seq

        def make(*, own: bool) -> Frame:
            return frame(self._rendering.event(changed, own=own))

        self._durable(seq, (1, 2), make, sender_id)
        self.ephemera.stopped_typing(sender_id)

    def _durable(self, seq: int, versions: Iterable[int], make: Callable[..., Frame], sender_id: int) -> None:
        of_others = of_sender = None
        for version in versions:
            for connection in self._by_version[version]:
                if connection.user_id == sender_id:
                    of_sender = of_sender or make(own=True)
                    connection.durable(seq, of_sender)
                else:
                    of_others = of_others or make(own=False)
                    connection.durable(seq, of_others)

    async def _catch_up(self) -> None:
        try:
            missed = await self._streams.missed(self.community_id, self.last)
        except Unavailable:
            self._gap = self._gap or asyncio.get_running_loop().call_later(RETRY_S, self._look)
            return
        except Exception:
            log.exception("catch_up_failed", community_id=self.community_id)
            return
        finally:
            self._catching = None
        if missed is not None:
            await self._fill(missed)
            self._advance()

    async def _fill(self, missed: Missed) -> None:
        position = missed.position
        if position.epoch != self.epoch:
            self._begin_anew(position)
            return
        if position.seq <= self.last:
            return
        changes = {changed.message.change_seq: changed for changed in missed.changes}
        log.info("caught_up", community_id=self.community_id, since=self.last, seq=position.seq, found=len(changes))
        if len(changes) == position.seq - self.last <= MOST_SINGLE:
            self._pending |= changes  # nothing was changed twice: they are told as they would have been
            return
        since, self.last = self.last, position.seq
        self._pending = {seq: changed for seq, changed in self._pending.items() if seq > self.last}
        summary = self._told_of(missed, since, None)
        for connection in self.each(2):
            connection.durable(position.seq, summary)
        await self._tell_older(missed, since)

    def _begin_anew(self, position: Position) -> None:
        """The database was restored, or numbers began anew: nothing that anybody holds can be compared with it."""
        log.warning("epoch_changed", community_id=self.community_id, seq=position.seq)
        self.epoch, self.last, self._seen, self._pending = position.epoch, position.seq, position.seq, {}
        told = frame(Resync("epoch", position.seq, position.epoch))
        for connection in self.each(2):
            connection.restart(position.seq, told)
        for connection in self.each(1):
            connection.close(Code.TOO_SLOW, "epoch")

    async def _tell_older(self, missed: Missed, since: int) -> None:
        """Clients of version 1 know no summary: they get its parts, or come again and load pages."""
        older = self.each(1)
        if not missed.is_all:
            for connection in older:
                connection.close(Code.TOO_SLOW, "too_far")
            return
        for connection in older:
            connection.hold()
        for number, changed in enumerate(missed.changes):
            sender_id = changed.message.sender_id
            frames = {own: frame(self._rendering.event(changed, own=own, since=since)) for own in (False, True)}
            for connection in older:
                if changed.message.change_seq > connection.position:
                    connection.offer(frames[connection.user_id == sender_id])
            if number % MOST_SINGLE == MOST_SINGLE - 1:
                await asyncio.sleep(0)  # so that what was told is written, and no queue runs over
        for connection in older:
            connection.resumed(missed.position.seq)

    def _told_of(self, missed: Missed, since: int, user_id: int | None) -> Frame:
        position = missed.position
        told: Told = Resync("too_far", position.seq, position.epoch)
        if position.epoch != self.epoch or since > position.seq:  # they come from another count
            told = Resync("epoch", position.seq, position.epoch)
        elif missed.is_all:
            events = [
                self._rendering.event(changed, own=changed.message.sender_id == user_id, since=since)
                for changed in missed.changes
            ]
            made = frame(Resume(events, since, position.seq, position.epoch))
            if made.size <= LARGEST_RESUME:
                return made
        return frame(told)
