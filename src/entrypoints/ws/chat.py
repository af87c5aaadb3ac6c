"""/ws/community/chat/{community_id}/: the class talks."""

from litestar.types import Receive

from core.errors import NotFound
from entrypoints.http.policy import MINUTE, Policy, demand
from entrypoints.ws.connection import Connection
from entrypoints.ws.conversing import Conversing
from entrypoints.ws.incoming import (
    CHAT,
    Delete,
    Delivered,
    Edit,
    Hello,
    Pong,
    Read,
    RefreshLogin,
    Send,
    TypingNow,
    WhoIsOnline,
    demand_here,
)
from entrypoints.ws.listening import Hearing, demand_hearing, listen
from entrypoints.ws.outgoing import PresenceState, Resync
from entrypoints.ws.room import Room
from entrypoints.ws.sockets import Sockets
from entrypoints.ws.typing import Typist
from modules.community.domain.groups import demand_member

LONGEST_ID = 18
MOST_RESUMES = 60
"""Of one user in a minute: each reads up to 300 changes."""


async def serve_chat(sockets: Sockets, connection: Connection, path: str, receive: Receive) -> None:
    """A member's socket.

    :raises NotFound: no such community, or a private one. And what being a member demands.
    """
    if not path.isascii() or not path.isdigit() or len(path) > LONGEST_ID:
        raise NotFound
    connection.community_id = int(path)  # from here on it is reviewed with the community's others
    place = demand_member(await sockets.house.workflows.community.place(connection.actor, int(path)))
    connection.place_ends = place.ends_at
    sockets.schedule(connection)
    room = await sockets.enter(int(path), connection)
    chat = Chat(sockets, connection, room)
    try:
        if connection.version == 2:
            chat.welcome(epoch=room.epoch, seq=connection.position)
        await listen(sockets, connection, receive, CHAT, HEARING, chat)
    finally:
        sockets.leave(room, connection)
        chat.typist.stop()
        await chat.reader.finish()


class Chat(Conversing):
    """One socket's part in a community's chat."""

    __slots__ = ("room", "typist")

    def __init__(self, sockets: Sockets, connection: Connection, room: Room) -> None:
        super().__init__(sockets, connection)
        self.room = room
        self.typist = Typist(sockets.house.hub, room, connection, second=sockets.second)

    async def hello(self, said: Hello) -> None:
        if self.connection.version != 2:
            self.room.upgrade(self.connection)
            self.sockets.schedule(self.connection)
            self.welcome(epoch=self.room.epoch, seq=self.connection.position)
        since = said.since_seq
        if since is None and said.since_message_id is not None:
            since = await self.house.workflows.streams.seq_of(self.room.community_id, said.since_message_id)
            if since is None:
                raise NotFound("There is no such message in this community.")
        is_other = said.epoch is not None and said.epoch != self.room.epoch
        if since is not None and is_other:
            self.connection.tell(Resync("epoch", self.room.last, self.room.epoch))
        elif since is not None:
            await demand(self.house, "resume", str(self.connection.user_id), most=MOST_RESUMES, seconds=MINUTE)
            await self.room.resume(self.connection, since)

    async def send(self, said: Send) -> None:
        demand_here(said.community_id, self.room.community_id)
        is_sent = False
        try:
            await self.send_in(self.room.community_id, said)
            is_sent = True
        finally:
            self.typist.stop(is_told=is_sent)

    async def delivered(self, said: Delivered) -> None:
        self.room.deliveries.note(self.connection.user_id, min(said.seq, self.room.last))

    async def typing(self, said: TypingNow) -> None:
        demand_here(said.community_id, self.room.community_id)
        if said.is_typing:
            self.typist.type()
        else:
            self.typist.stop()

    async def who_is_online(self, _: WhoIsOnline) -> None:
        online = await self.house.workflows.presence.online(self.room.community_id)
        self.connection.tell(PresenceState(online.version, online.count, online.users))


HEARING: Hearing = demand_hearing(
    CHAT,
    {
        Hello: (Policy.ENROLLED, Chat.hello),
        Send: (Policy.ENROLLED, Chat.send),
        Edit: (Policy.ENROLLED, Chat.edit),
        Delete: (Policy.ENROLLED, Chat.delete),
        Read: (Policy.ENROLLED, Chat.read),
        Delivered: (Policy.ENROLLED, Chat.delivered),
        TypingNow: (Policy.ENROLLED, Chat.typing),
        WhoIsOnline: (Policy.ENROLLED, Chat.who_is_online),
        RefreshLogin: (Policy.USER, Chat.refresh_login),
        Pong: (Policy.USER, Chat.pong),
    },
)
