"""What the chat and the personal socket have in common: one socket's part in conversations."""

from core.errors import FieldFault, Forbidden, Invalid
from entrypoints.http.policy import CHAT_S, demand_chat_pace
from entrypoints.ws.connection import Connection
from entrypoints.ws.incoming import LARGEST_FRAME, Delete, Edit, Pong, Read, RefreshLogin, Send, SendDirect
from entrypoints.ws.outgoing import Ack, AuthRefreshed, Limits, Welcome
from entrypoints.ws.reading import Reader
from entrypoints.ws.sockets import Sockets
from modules.community.domain.chat import LONGEST_MESSAGE, Draft, Message, MessageType

HEARTBEAT_MS = 25_000
SAID = {"reply_to_id": "reply_to"}


class OtherUser(Forbidden):
    code = "other_user"
    detail = "This token belongs to another user than the socket."


class Conversing:
    __slots__ = ("connection", "house", "reader", "sockets")

    def __init__(self, sockets: Sockets, connection: Connection) -> None:
        self.reader = Reader(sockets.house.workflows.reading, connection)
        self.sockets = sockets
        self.house = sockets.house
        self.connection = connection

    def welcome(self, *, epoch: str | None = None, seq: int | None = None) -> None:
        """What a client of version 2 begins with; a stream's position where the socket has one."""
        position = {} if epoch is None or seq is None else {"epoch": epoch, "seq": seq}
        welcome = Welcome(
            connection_id=self.connection.id,
            heartbeat_ms=HEARTBEAT_MS,
            token_ttl_s=self._token_ttl(),
            limits=Limits(LONGEST_MESSAGE, LARGEST_FRAME, self.house.settings.limit_chat, CHAT_S),
            **position,  # type: ignore[arg-type]
        )
        self.connection.tell(welcome)

    async def send_in(self, community_id: int, said: Send | SendDirect, *, recipient_id: int | None = None) -> None:
        await demand_chat_pace(self.house, self.connection.user_id)
        draft = Draft(
            community_id=community_id,
            message=said.message,
            message_type=MessageType.TEXT,
            recipient_id=recipient_id,
            reply_to_id=said.reply_to,
            client_id=said.client_id and said.client_id.lower(),
        )
        try:
            sent, is_new = await self.house.workflows.chatting.send(self.connection.actor, draft)
        except Invalid as error:  # by the names that frames have
            faults = tuple(FieldFault(SAID.get(one.field, one.field), one.message) for one in error.faults)
            raise Invalid(error.message, faults=faults) from error
        self._acknowledge(said.client_id, sent, sent.seq, is_duplicate=not is_new)

    async def edit(self, said: Edit) -> None:
        await demand_chat_pace(self.house, self.connection.user_id)
        changed = await self.house.workflows.chatting.edit(
            self.connection.actor,
            said.message_id,
            said.message,
            version=said.expected_version,
            within=self.connection.community_id,
        )
        self._acknowledge(said.client_id, changed, changed.change_seq)

    async def delete(self, said: Delete) -> None:
        await demand_chat_pace(self.house, self.connection.user_id)
        changed = await self.house.workflows.chatting.remove(
            self.connection.actor, said.message_id, within=self.connection.community_id
        )
        self._acknowledge(said.client_id, changed, changed.change_seq)

    async def read(self, said: Read) -> None:
        await self.reader.read(said.message_id)

    async def refresh_login(self, said: RefreshLogin) -> None:
        """:raises OtherUser: and what a token that is not good raises."""
        actor, login_ends = await self.house.workflows.authentication.open(said.token)
        if actor.user_id != self.connection.user_id:
            raise OtherUser
        self.connection.actor, self.connection.login_ends, self.connection.is_warned = actor, login_ends, False
        self.sockets.schedule(self.connection)
        self.connection.tell(AuthRefreshed(self._token_ttl()))

    async def pong(self, _: Pong) -> None:
        """It was heard, which is all that counts."""

    def _token_ttl(self) -> int:
        return max(0, int((self.connection.login_ends - self.house.clock.now()).total_seconds()))

    def _acknowledge(self, client_id: str | None, message: Message, seq: int, *, is_duplicate: bool = False) -> None:
        if self.connection.version == 2:
            self.connection.tell(Ack(client_id, message.id, seq, message.created_at, is_duplicate))
