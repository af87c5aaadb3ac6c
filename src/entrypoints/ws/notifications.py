"""/ws/notifications/: what concerns one user, on all their devices: notifications and direct messages."""

from litestar.types import Receive

from core.errors import NotFound
from entrypoints.http.policy import Policy
from entrypoints.ws.connection import Connection
from entrypoints.ws.conversing import Conversing
from entrypoints.ws.incoming import NOTIFICATIONS, Delete, Edit, Hello, Pong, Read, RefreshLogin, SendDirect
from entrypoints.ws.listening import Hearing, demand_hearing, listen
from entrypoints.ws.sockets import Sockets


async def serve_notifications(sockets: Sockets, connection: Connection, path: str, receive: Receive) -> None:
    """A user's socket.

    :raises NotFound: there is nothing below this address.
    """
    if path:
        raise NotFound
    feed = await sockets.enter_personal(connection)
    personal = Personal(sockets, connection)
    try:
        if connection.version == 2:
            personal.welcome()
        await listen(sockets, connection, receive, NOTIFICATIONS, HEARING, personal)
    finally:
        sockets.leave_personal(feed, connection)
        await personal.reader.finish()


class Personal(Conversing):
    """One socket's part in what its user exchanges with others."""

    __slots__ = ()

    async def hello(self, said: Hello) -> None:
        """What came after `since_notification_id`, and a minute before it, and how many are unread. Direct messages
        have no such position, as each two have numbers of their own.
        """
        self.connection.version = 2
        self.sockets.schedule(self.connection)
        self.welcome()
        await self.sockets.notifier.resume(self.connection, said.since_notification_id)

    async def send(self, said: SendDirect) -> None:
        await self.send_in(said.community_id, said, recipient_id=said.recipient_id)


HEARING: Hearing = demand_hearing(
    NOTIFICATIONS,
    {
        Hello: (Policy.USER, Personal.hello),
        SendDirect: (Policy.ENROLLED, Personal.send),
        Edit: (Policy.ENROLLED, Personal.edit),
        Delete: (Policy.ENROLLED, Personal.delete),
        Read: (Policy.ENROLLED, Personal.read),
        RefreshLogin: (Policy.USER, Personal.refresh_login),
        Pong: (Policy.USER, Personal.pong),
    },
)
