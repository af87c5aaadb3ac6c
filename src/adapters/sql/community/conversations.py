"""With whom somebody exchanges direct messages."""

from sqlalchemy import and_, bindparam, func, or_, select

from adapters.sql.community.messages import MESSAGE_COLUMNS, MESSAGES, STREAMS, message
from adapters.sql.community.positions import COUNT
from adapters.sql.community.rows import PERSON_COLUMNS
from adapters.sql.database import AnyRow
from adapters.sql.learning.rows import USERS
from adapters.sql.pages import KeysetList
from modules.community.queries import Conversation, Person

_ME = bindparam("user_id", type_=STREAMS.c.first_user_id.type)
_OTHER = func.coalesce(func.nullif(STREAMS.c.first_user_id, _ME), STREAMS.c.second_user_id)
_PERSON = len(PERSON_COLUMNS)
_SENT = MESSAGES.alias("sent")
_NEWEST = (
    select(_SENT.c.seq)
    .where(_SENT.c.stream_id == STREAMS.c.id)
    .order_by(_SENT.c.seq.desc())
    .limit(1)
    .correlate(STREAMS)
    .scalar_subquery()
)
_LATEST = and_(MESSAGES.c.stream_id == STREAMS.c.id, MESSAGES.c.seq == _NEWEST)


def _conversation(row: AnyRow) -> Conversation:
    return Conversation(Person(*row[:_PERSON]), message(row[_PERSON:-1]), int(row[-1]))


CONVERSATIONS = KeysetList(
    select(*PERSON_COLUMNS, *MESSAGE_COLUMNS, COUNT)
    .select_from(STREAMS)
    .join(USERS, USERS.c.id == _OTHER)
    .join(MESSAGES, _LATEST)
    .where(
        STREAMS.c.community_id == bindparam("community_id"),
        or_(STREAMS.c.first_user_id == _ME, STREAMS.c.second_user_id == _ME),
    ),
    make=_conversation,
    orders={"recent": [MESSAGES.c.id]},
    filters={},
)
